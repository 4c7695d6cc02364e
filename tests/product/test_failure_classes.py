"""The ways in which systems that share images have failed their users, each tried from its door to the database."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.mail import NothingToSend
from accounts.models import OutboxMail, User
from audit import clock as now_of
from audit.models import AuditEvent
from common.days import end_of_day, today_in
from sharing import services
from sharing.mail import study_shared
from sharing.models import GuestLink, Method, Share
from sharing.selectors.notices import notices_of
from sharing.services import NothingThere, share_studies
from sharing.targets import Target
from studies.ingest.results import FileOutcome
from studies.models import FOREVER, Instance, Placement, Study
from studies.services import take_in_all
from tests import bad_files
from tests.bad_files import dicom_storage, sound, source
from tests.cast import IMPORTER, Cast, acting
from tests.days import day_of
from tests.dicomweb.asking import body_of, client_of, root_of, take_in, url_of
from tests.factories import make_instance, make_series, make_study, placement_of
from tests.fingerprint import AUDIT, fingerprint
from tests.sharing.guests import Visitor, made
from tests.sharing.guests import url_of as url_of_link
from tests.studies.test_token_doors import make
from worklists import services as worklists
from worklists.services import change_account, set_life_policies
from worklists.services.life_policies import LifeDays

__all__ = ["dicom_storage"]

pytestmark = pytest.mark.django_db

HIDDEN, DENIED, GONE = 404, 403, 410
SCRIPT = "<script>alert(1)</script>"


def share(
    cast: Cast, *targets: Target, by: User | None = None, placement: UUID | None = None, **more: Any
) -> Share:
    report = share_studies(
        placements=[placement or cast.placement.uuid],
        targets=targets or [to_emergency(cast)],
        by=acting(by or cast.ana),
        **more,
    )
    first = report.rows[0].share
    assert first is not None
    return first


def to_emergency(cast: Cast) -> Target:
    return Target(Method.LOCATION, str(cast.emergency.uuid))


def end(cast: Cast, *shares: Share) -> None:
    services.end_shares(shares=[each.uuid for each in shares], by=acting(cast.ana))


def pages_of(placement: Placement | UUID, instance: Instance | None = None) -> list[str]:
    uuid = placement if isinstance(placement, UUID) else placement.uuid
    urls = [
        reverse(f"studies:{name}", args=[uuid])
        for name in ("study", "viewer", "details", "viewer_manifest", "download")
    ]
    if instance is not None:
        urls += [
            reverse("studies:thumbnail", args=[uuid, instance.uuid]),
            reverse("studies:original", args=[uuid, instance.uuid]),
        ]
        urls += [reverse("studies:frame", args=[uuid, instance.uuid, 1])]
    return urls


def statuses(client: Client, urls: list[str]) -> set[int]:
    assert urls
    return {client.get(url).status_code for url in urls}


def text(response: Any) -> str:
    return str(body_of(response).decode())


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


def test_no_way_of_sharing_lasts_longer_than_the_account_allows(cast: Cast) -> None:
    """A second way of sharing skipped the longest life that the first one kept to."""
    lives = {method: LifeDays(10, 10) for method in (*Method.values, "guest_link")}
    set_life_policies(account=cast.northgate, lives=lives, by=acting(cast.adam))
    latest = end_of_day(today_in("Europe/London", now_of.now()) + timedelta(days=10), "Europe/London")
    targets = [
        to_emergency(cast),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        Target(Method.CODE, "RIVERSIDE"),
        Target(Method.EMAIL, "dora@example.net"),
    ]

    report = share_studies(placements=[cast.placement.uuid], targets=targets, by=acting(cast.ana))
    link = services.make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))

    ends = [row.share.expires_at for row in report.rows if row.share is not None]
    assert len(ends) == len(Method)
    assert {*ends, link.expires_at} == {latest}


def test_what_is_shared_onward_is_neither_longer_nor_wider(cast: Cast) -> None:
    """What was shared onward outlasted the share that it came by, or gave more than it."""
    first = share(cast, Target(Method.EMAIL, cast.ben.email), expires_at=day_of(5))
    first.refresh_from_db()
    own = placement_of(cast.study, cast.ben.personal_worklist)
    share(cast, Target(Method.CODE, "RIVERSIDE"), by=cast.ben, placement=own.uuid)

    onward = placement_of(cast.study, cast.imaging)
    assert first.expires_at is not None
    assert onward.visible_until == first.expires_at < FOREVER
    assert onward.internal_until < now_of.now(), "onward from an external share is external"
    end(cast, first)
    assert statuses(client_of(cast.caro), pages_of(onward.uuid)) == {HIDDEN}


def test_what_was_withdrawn_is_told_of_no_more(cast: Cast) -> None:
    """A notification went on naming what had been withdrawn, and what waited could not be reached any more."""
    worklists.choose_notices(worklist=cast.emergency, times={"shared_here": "now"}, by=acting(cast.ben))
    first = share(cast)
    ben = client_of(cast.ben)
    [mail] = OutboxMail.objects.filter(kind="study_shared", recipient=cast.ben.email)
    [notice] = notices_of(acting(cast.ben)).lines
    assert "1 study" in notice.sentence

    end(cast, first)

    [notice] = notices_of(acting(cast.ben)).lines
    assert notice.sentence == "This is about a study that you can no longer see."
    assert ben.get(reverse("sharing:received", args=[first.press])).status_code == GONE
    with pytest.raises(NothingToSend):
        study_shared(mail)
    worklists.change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))
    waiting = share(cast)
    adam = client_of(cast.adam)
    assert str(waiting.uuid) in text(adam.get(reverse("sharing:approvals")))
    end(cast, waiting)
    assert str(waiting.uuid) not in text(adam.get(reverse("sharing:approvals")))


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


def test_a_search_for_earlier_studies_is_answered_with_what_may_be_seen(cast: Cast) -> None:
    """A viewer asked for earlier studies of the patient, was refused, and showed nothing at all."""
    make_study(cast.imaging, patient_id=cast.study.patient_id)

    answer = client_of(cast.ana).get(f"{root_of(cast.ct)}/studies", {"PatientID": cast.study.patient_id})
    none = client_of(cast.ana).get(f"{root_of(cast.ct)}/studies", {"PatientID": "not here"})

    assert [study["0020000D"]["Value"][0] for study in answer.json()] == [cast.study.study_instance_uid]
    assert none.status_code in (200, 204)
    assert text(none) in ("", "[]")


def test_text_of_files_and_of_people_is_shown_as_text(cast: Cast) -> None:
    """Script in a DICOM attribute, or in what was typed into a search, ran in the reader's browser."""
    study = make_study(cast.ct, patient_name=f"Quill^{SCRIPT}", description=SCRIPT, patient_id=SCRIPT)
    share(cast, placement=placement_of(study, cast.ct).uuid, note=SCRIPT)
    ana, ben = client_of(cast.ana), client_of(cast.ben)

    pages = [
        ana.get(reverse("studies:worklist", args=[cast.ct.uuid])),
        ana.get(reverse("studies:study", args=[placement_of(study, cast.ct).uuid])),
        ana.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": f'"{SCRIPT}'}, follow=True),
        ana.get(reverse("sharing:shared_by_me")),
        ben.get(reverse("studies:study", args=[placement_of(study, cast.emergency).uuid])),
        ben.get(reverse("sharing:received", args=[Share.objects.get(study=study).press])),
    ]

    assert [page.status_code for page in pages[:5]] == [200] * 5
    assert [page for page in pages if SCRIPT in text(page)] == []
    policies = [page["Content-Security-Policy"] for page in pages[:5]]
    assert [policy for policy in policies if not policy or "unsafe-inline" in policy] == []


@pytest.mark.parametrize(
    "file",
    [
        lambda: bad_files.deflate_bomb(64),
        lambda: bad_files.zip_bomb(64),
        bad_files.truncated,
        bad_files.never_ending_pixels,
        bad_files.zip_with_a_huge_directory,
    ],
    ids=["deflate bomb", "ZIP bomb", "truncated", "never-ending pixels", "huge directory"],
)
def test_a_file_that_lies_is_refused_by_name_and_the_rest_goes_on(
    cast: Cast, dicom_storage: Any, file: Any
) -> None:
    """A small file grew to fill the memory, or a header made the server allocate what it said."""
    good = sound(StudyInstanceUID="2.25.78")

    result = take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(file()), source(good)])

    assert result.left_out
    assert all(each.outcome == FileOutcome.REFUSED for each in result.left_out)
    assert Study.objects.filter(study_instance_uid="2.25.78").exists()


def test_without_signing_in_nothing_is_open(cast: Cast) -> None:
    """Archives were open to everyone from the first day, since being open was the preset."""
    instance, stranger = make_instance(make_series(cast.study)), Client()
    pages = [*pages_of(cast.placement, instance), reverse("studies:worklist", args=[cast.ct.uuid]), "/admin/"]

    assert statuses(stranger, pages) == {302}
    assert statuses(stranger, [f"{root_of(cast.ct)}/studies", url_of(cast.ct, cast.study, "/metadata")]) == {
        401
    }


def test_a_file_sent_twice_is_one_image_and_every_image_is_listed(cast: Cast, dicom_storage: Any) -> None:
    """What was stored twice was there twice, and a page's size hid the images after the first hundred."""
    known = sound(StudyInstanceUID="2.25.77", SeriesInstanceUID="2.25.78", SOPInstanceUID="2.25.79")
    take_in(cast.ct, [known])
    take_in(cast.ct, [known])
    study = Study.objects.get(study_instance_uid="2.25.77")
    assert Instance.objects.filter(study=study).count() == 1

    series = make_series(study)
    for number in range(250):
        make_instance(series, number=number)

    listed = client_of(cast.ana).get(
        url_of(cast.ct, study, f"/series/{series.series_instance_uid}/instances")
    )
    assert len(listed.json()) == 250


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_a_last_day_ends_with_the_day_where_the_account_is(cast: Cast, zone: str) -> None:
    """A local time was taken as UTC, and shares ended half a day early or late."""
    change_account(account=cast.northgate, timezone=zone, by=acting(cast.adam))
    cast.northgate.refresh_from_db()
    last = today_in(zone, now_of.now()) + timedelta(days=3)

    made_here = Share.objects.get(pk=share(cast, expires_at=last).pk)

    assert made_here.expires_at == end_of_day(last, zone)
    assert today_in(zone, made_here.expires_at - timedelta(seconds=1)) == last


def test_the_trail_outlives_what_it_names_and_nothing_is_done_without_it(cast: Cast) -> None:
    """Events went with the rows that they named, were written after the fact, or failed without a word."""
    share(cast)
    number = AuditEvent.objects.filter(study_id=cast.study.pk).count()
    services.delete_study(placement=cast.placement.uuid, by=acting(cast.adam), why="Wrong patient")
    assert AuditEvent.objects.filter(study_id=cast.study.pk).count() > number

    study = make_study(cast.ct)
    placement = placement_of(study, cast.ct)
    with pytest.raises(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor:
            # The trail takes no more events.
            cursor.execute("CREATE TEMPORARY TABLE audit_auditevent (id bigint CHECK (false))")
        share(cast, placement=placement.uuid)
    assert not Share.objects.filter(study=study).exists()


def test_what_was_sent_can_be_withdrawn_by_who_sent_it(cast: Cast, clock: Any) -> None:
    """A link or a study that had been sent could not be taken back by its sender."""
    visitor, link = Visitor(clock), made(cast)
    visitor.open(link)
    promised = share(cast, Target(Method.EMAIL, "dora@example.net"))
    first = share(cast)

    services.end_guest_link(link=link.uuid, by=acting(cast.ana))
    services.withdraw_press(press=promised.press, by=acting(cast.ana))
    services.withdraw_press(press=first.press, by=acting(cast.ana))

    assert visitor.client.get(f"/guest/{link.uuid}/").status_code == GONE
    assert not Share.objects.filter(ended_at=None).exists()
    assert GuestLink.objects.get(pk=link.pk).ended_by == cast.ana
    promised.refresh_from_db()
    assert promised.invitation is not None
    assert promised.invitation.withdrawn_at is not None


def test_one_number_at_two_hospitals_is_two_patients(cast: Cast) -> None:
    """Two hospitals gave two people the same number, and their studies were merged."""
    number = cast.study.patient_id
    theirs = make_study(cast.imaging, patient_id=number, patient_name="Somebody^Else")

    of_ana = client_of(cast.ana).get(reverse("studies:viewer", args=[cast.placement.uuid]))
    of_caro = client_of(cast.caro).get(
        reverse("studies:viewer", args=[placement_of(theirs, cast.imaging).uuid])
    )

    assert "Somebody" not in text(of_ana)
    assert "Hazel" not in text(of_caro)
    share(cast, Target(Method.CODE, "RIVERSIDE"))
    arrived = placement_of(cast.study, cast.imaging)
    # Where both are on one worklist, the second is marked until a person decides.
    assert arrived.differs
    assert Study.objects.filter(patient_id=number).count() == 2
