"""How systems that share images have failed their users, tried from door to database: who may see a study."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sharing import services
from sharing.models import Share
from sharing.services import NothingThere, share_studies
from studies.models import Study
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.dicomweb.asking import client_of, root_of, take_in, url_of
from tests.factories import make_instance, make_series, make_study, placement_of
from tests.fingerprint import AUDIT, fingerprint
from tests.product.failure_classes import (
    DENIED,
    GONE,
    HIDDEN,
    end,
    pages_of,
    share,
    statuses,
    text,
    to_emergency,
)
from tests.sharing.guests import Visitor, made
from tests.sharing.guests import url_of as url_of_link
from tests.studies.test_token_doors import make
from worklists import services as worklists

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db


def test_a_study_that_moves_or_meets_its_patient_elsewhere_is_seen_by_no_one_new(cast: Cast) -> None:
    """A record that was linked or merged lost who may see it, and every organisation could."""
    same = make_study(cast.imaging, patient_id=cast.study.patient_id, patient_name=cast.study.patient_name)
    there = placement_of(same, cast.imaging)
    by = acting(cast.adam)
    services.move_home(placement=cast.placement.uuid, worklist=cast.emergency.uuid, by=by, why="Theirs")

    moved = placement_of(cast.study, cast.emergency)
    assert statuses(client_of(cast.ana), pages_of(there)) == {HIDDEN}
    assert statuses(client_of(cast.caro), pages_of(moved)) == {HIDDEN}
    assert statuses(client_of(cast.vera), pages_of(moved)) == {HIDDEN}


@pytest.mark.parametrize("typed", ["Ferry", "%", "*", "_", "MRN"])
def test_no_way_of_asking_forgets_who_asks(cast: Cast, typed: str) -> None:
    """One way of searching, by patient or by a wildcard, left out the filter that all others had."""
    ana, other = client_of(cast.ana), cast.other_study
    searched = ana.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": typed}, follow=True)
    asked = ana.get(f"{root_of(cast.ct)}/studies", {"PatientName": typed})
    by_uid = ana.get(f"{root_of(cast.ct)}/studies", {"StudyInstanceUID": other.study_instance_uid})

    for answer in (searched, asked, by_uid):
        assert answer.status_code in (200, 204)
        assert other.study_instance_uid not in text(answer)
        assert "Ferry" not in text(answer).replace(f'value="{typed}"', "")


def test_pages_and_dicomweb_open_and_close_together(cast: Cast, dicom_storage: Any) -> None:
    """The pages kept to the rights and DICOMweb did not, or the other way round."""
    take_in(cast.ct, [sound(StudyInstanceUID="2.25.77")])
    study = Study.objects.get(study_instance_uid="2.25.77")
    ben = client_of(cast.ben)
    first = share(cast, placement=placement_of(study, cast.ct).uuid)
    there = placement_of(study, cast.emergency)
    urls = [reverse("studies:study", args=[there.uuid]), url_of(cast.emergency, study, "/metadata")]

    assert statuses(ben, urls) == {200}
    end(cast, first)
    assert statuses(ben, urls) == {HIDDEN}


def test_of_many_at_once_each_is_asked_for(cast: Cast) -> None:
    """An endpoint that took many objects asked for the right to the first, or to none."""
    ana, foreign = client_of(cast.ana), cast.other_placement
    both = {"placement": [str(cast.placement.uuid), str(foreign.uuid)]}

    report = share_studies(
        placements=[cast.placement.uuid, foreign.uuid], targets=[to_emergency(cast)], by=acting(cast.ana)
    )
    downloaded = ana.get(reverse("studies:download_selected"), both)

    assert [str(row.outcome) for row in report.rows] == ["shared", "refused"]
    assert not Share.objects.filter(study=cast.other_study).exists()
    assert downloaded.status_code == DENIED
    with pytest.raises(NothingThere):
        share_studies(placements=[foreign.uuid], targets=[to_emergency(cast)], by=acting(cast.ana))


def test_what_has_expired_or_was_revoked_is_refused_at_the_next_request(
    cast: Cast, clock: Any, dicom_storage: Any
) -> None:
    """A cache went on admitting tokens that had expired or were revoked."""
    take_in(cast.ct, [sound(StudyInstanceUID="2.25.77")])
    study = Study.objects.get(study_instance_uid="2.25.77")
    revoked, lasting = make(cast.ana, cast.ct), make(cast.ana, cast.ct)
    visitor, link = Visitor(clock), made(cast)
    visitor.open(link)
    shown = f"/guest/{link.uuid}/"

    def answers() -> list[int]:
        url = url_of(cast.ct, study, "/metadata")
        tokens = [
            Client().get(url, headers={"Authorization": f"Bearer {each.secret}"})
            for each in (revoked, lasting)
        ]
        return [
            *(answer.status_code for answer in tokens),
            visitor.client.get(shown, follow=True).status_code,
        ]

    assert answers() == [200, 200, 200]
    worklists.revoke_token(token=revoked.token.uuid, by=acting(cast.ana))
    assert answers() == [401, 200, 200]
    clock.move(days=400)
    assert answers() == [401, 401, GONE]


def test_beside_the_list_nothing_tells_of_a_study(cast: Cast) -> None:
    """The list was filtered; thumbnails, counts, search or suggestions told of what it left out."""
    instance = make_instance(make_series(cast.study))
    ben = client_of(cast.ben)

    assert statuses(ben, pages_of(cast.placement, instance)) == {HIDDEN}
    told = [
        text(ben.get(reverse("studies:worklists"))),
        text(ben.get(reverse("studies:worklist", args=[cast.emergency.uuid]))),
        text(ben.post(reverse("studies:search", args=[cast.emergency.uuid]), {"q": "Quill"})),
        text(ben.get(f"{root_of(cast.emergency)}/studies")),
    ]
    assert [page for page in told if "Hazel" in page or cast.study.patient_id in page] == []
    assert "CT Reporting" not in told[0]
    # People of another organisation are not suggested.
    own = placement_of(make_study(cast.emergency), cast.emergency)
    suggested = ben.post(reverse("sharing:physicians"), {"placement": str(own.uuid), "q": "Caro"})
    assert cast.caro.email not in text(suggested)


def test_what_a_page_does_not_offer_its_url_refuses(cast: Cast) -> None:
    """The button was hidden and the endpoint behind it stayed open."""
    instance, vera = make_instance(make_series(cast.study)), client_of(cast.vera)
    page = text(vera.get(reverse("studies:study", args=[cast.placement.uuid])))
    before = fingerprint()

    assert reverse("studies:download", args=[cast.placement.uuid]) not in page
    assert reverse("sharing:share") not in page
    assert (
        vera.get(reverse("studies:original", args=[cast.placement.uuid, instance.uuid])).status_code == DENIED
    )
    assert vera.get(reverse("studies:download", args=[cast.placement.uuid])).status_code == DENIED
    press = {"placement": str(cast.placement.uuid), "location": str(cast.emergency.uuid)}
    assert vera.post(reverse("sharing:share_studies"), press).status_code == DENIED
    assert fingerprint(but={AUDIT}).items() <= before.items()


def test_a_secret_is_taken_from_no_url_and_stays_in_none(cast: Cast, clock: Any) -> None:
    """A secret in a URL was forwarded, logged, and sent on to other hosts."""
    token = make(cast.ana, cast.ct)
    for name in ("token", "access_token", "authorization"):
        assert Client().get(f"{root_of(cast.ct)}/studies", {name: token.secret}).status_code == 401
    link = made(cast)

    first = Client().get(url_of_link(link))

    assert first.status_code == 302
    assert url_of_link(link).strip("/").rpartition("/")[2] not in first["Location"]
    assert first["Referrer-Policy"] == "no-referrer"


def test_without_signing_in_nothing_is_open(cast: Cast) -> None:
    """Archives were open to everyone from the first day, since being open was the preset."""
    instance, stranger = make_instance(make_series(cast.study)), Client()
    pages = [*pages_of(cast.placement, instance), reverse("studies:worklist", args=[cast.ct.uuid]), "/admin/"]

    assert statuses(stranger, pages) == {302}
    assert statuses(stranger, [f"{root_of(cast.ct)}/studies", url_of(cast.ct, cast.study, "/metadata")]) == {
        401
    }
