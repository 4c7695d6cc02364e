"""Ending shares: the preview, what ends with them, and who may."""

from uuid import uuid4

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.permissions import MAY_NOT_END
from studies.models import Placement
from tests.cast import acting
from tests.factories import join, make_role, make_study, make_user, placement_of
from tests.sharing.share_pages import HTMX, share, text

pytestmark = pytest.mark.django_db


def end(client, *shares, **more):
    return client.post(reverse("sharing:end"), {"share": [str(share.uuid) for share in shares], **more})


# Ending


def test_the_preview_says_in_numbers_what_ends_and_ends_nothing(client, cast, chain):
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:end"), {"share": str(chain.uuid)}))
    assert "Shared with <bdi>Emergency</bdi>, <bdi>Northgate Hospital</bdi>" in page
    assert "study also disappears from Chest Clinic, where it was shared on" in page
    assert "worklist of other organisations loses it too, through onward shares" in page
    assert "share waiting for people who have not registered ends" in page
    assert "Riverside" not in page
    assert Share.objects.filter(ended_at=None).count() == 4


def test_ending_takes_everything_that_hung_on_it(client, cast, chain):
    client.force_login(cast.ana)
    answer = end(client, chain, back=reverse("sharing:shared_by_me"))
    assert answer.url == reverse("sharing:shared_by_me")
    assert "1 share ended, and 3 shares with it." in text(client.get(answer.url))
    assert not Share.objects.filter(ended_at=None).exists()
    client.force_login(cast.ben)
    assert client.get(reverse("studies:study", args=[_uuid(cast.study, cast.emergency)])).status_code == 404


def _uuid(study, worklist):
    """A placement's address is the same after it is gone and shared again."""
    placement = Placement.objects.filter(study=study, worklist=worklist).first()
    return placement.uuid if placement else uuid4()


def test_several_shares_end_at_once(client, cast):
    shares = [
        share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid),
        share(cast.ana, cast.placement, Method.GROUP, cast.chest.uuid),
    ]
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:end"), {"share": [str(one.uuid) for one in shares]}))
    assert "2 shares of 1 study." in page
    end(client, *shares)
    assert not Share.objects.filter(ended_at=None).exists()


def test_the_preview_names_patient_study_and_recipient_of_each_share(client, cast):
    study = make_study(
        cast.ct,
        patient_name="Osei^Kofi",
        patient_id="N-77",
        description="CT HEAD PLAIN",
        modalities=["CT"],
        study_date="2026-11-22",
    )
    placement = placement_of(study, cast.ct)
    shares = [
        share(cast.ana, placement, Method.LOCATION, cast.emergency.uuid),
        share(cast.ana, placement, Method.PHYSICIAN, cast.ben.uuid),
        share(cast.ana, placement, Method.CODE, "RIVERSIDE"),
        share(cast.ana, placement, Method.EMAIL, "dora@example.net"),
    ]
    client.force_login(cast.ana)

    page = text(client.get(reverse("sharing:end"), {"share": [str(one.uuid) for one in shares]}))

    lines = page.partition('class="ended-studies ended-shares"')[2].partition("</ul>")[0].split("</li>")[:-1]
    assert len(lines) == 4
    for line in lines:
        assert ("Osei, Kofi" in line, "N-77" in line, "CT HEAD PLAIN" in line) == (True, True, True)
        assert ("22 Nov 2026" in line, ">CT<" in line) == (True, True)
    [to_ben, to_emergency, to_riverside, to_dora] = sorted(
        lines, key=lambda line: line.partition("Shared with")[2].lower().replace("dora", "zora")
    )
    assert "<bdi>Ben</bdi>, <bdi>Northgate Hospital</bdi>" in to_ben
    assert "<bdi>Emergency</bdi>, <bdi>Northgate Hospital</bdi>" in to_emergency
    assert "2 people can see it there" in to_emergency
    assert "<bdi>Riverside Clinic — Riverside Imaging</bdi>" in to_riverside
    assert "people" not in to_riverside
    assert "<bdi>dora@example.net</bdi>" in to_dora


def test_the_preview_counts_the_people_of_ones_own_organisation_on_worklists_that_lose_it(client, cast):
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    for name in ("Mo", "Moa"):
        join(make_user(name), cast.northgate, "Viewer", [cast.chest])
    share(cast.ben, placement_of(cast.study, cast.emergency), Method.GROUP, cast.chest.uuid)
    client.force_login(cast.ana)

    page = text(client.get(reverse("sharing:end"), {"share": str(made.uuid)}))

    assert "study also disappears from Chest Clinic, where it was shared on and 3 people can see it" in page


@pytest.mark.parametrize("number", [1, 40])
def test_the_preview_of_an_end_asks_the_same_few_statements(client, cast, django_assert_num_queries, number):
    shares = [
        share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.LOCATION, cast.emergency.uuid)
        for _ in range(number)
    ]
    client.force_login(cast.ana)
    client.get(reverse("sharing:end"), {"share": str(shares[0].uuid)})
    with django_assert_num_queries(16):
        page = text(client.get(reverse("sharing:end"), {"share": [str(one.uuid) for one in shares]}))
    assert page.count("Shared with <bdi>Emergency") == number


def test_htmx_leaves_the_dialog_for_the_page_one_came_from(client, cast, chain):
    client.force_login(cast.ana)
    here = reverse("sharing:access", args=[cast.placement.uuid])
    answer = client.post(reverse("sharing:end"), {"share": str(chain.uuid), "back": here}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == here


@pytest.mark.parametrize(
    "back",
    ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b"],
)
def test_nobody_is_led_elsewhere(client, cast, chain, back):
    client.force_login(cast.ana)
    answer = client.post(reverse("sharing:end"), {"share": str(chain.uuid), "back": back}, headers=HTMX)
    assert answer.status_code == 200
    assert "elsewhere" not in answer.headers["HX-Redirect"]
    assert "javascript" not in answer.headers["HX-Redirect"]
    assert "Set-Cookie" not in answer.headers


def test_a_share_that_has_ended_is_gone(client, cast, chain):
    services.end_shares(shares=[chain.uuid], by=acting(cast.ana))
    client.force_login(cast.ana)
    answer = client.get(reverse("sharing:end"), {"share": str(chain.uuid)})
    assert answer.status_code == 410
    assert "has already ended" in text(answer)
    assert "This share had already ended." in text(client.get(end(client, chain).url))


def test_who_sees_a_share_and_may_not_end_it_gets_a_sentence_and_one_line(client, cast, chain):
    client.force_login(cast.vera)
    for answer in (client.get(reverse("sharing:end"), {"share": str(chain.uuid)}), end(client, chain)):
        assert answer.status_code == 403
        assert MAY_NOT_END in text(answer)
    assert AuditEvent.objects.filter(action=Action.DENIED, by_id=cast.vera.pk).count() == 2
    chain.refresh_from_db()
    assert chain.ended_at is None


def test_the_recipient_may_not_end_the_share_that_brought_it(client, cast, chain):
    client.force_login(cast.ben)
    assert end(client, chain).status_code == 403


@pytest.mark.parametrize("name", ["caro", "nolan", "ina", "sue", "ed"])
def test_a_share_one_does_not_see_is_not_there(client, cast, name):
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(getattr(cast, name))
    real = client.get(reverse("sharing:end"), {"share": str(made.uuid)})
    made_up = client.get(reverse("sharing:end"), {"share": str(uuid4())})
    assert (real.status_code, real.content) == (404, made_up.content)
    assert end(client, made).status_code == 404


def test_home_may_end_what_was_shared_from_elsewhere(client, cast, chain):
    onward = Share.objects.get(method=Method.CODE)
    client.force_login(cast.ana)
    end(client, onward)
    onward.refresh_from_db()
    assert onward.ended_by == cast.ana


def test_no_share_named_is_a_sentence(client, cast):
    client.force_login(cast.ana)
    assert "Select at least one share" in text(client.get(reverse("sharing:end"), {"share": "nonsense"}))


def test_a_role_that_only_lists_shares_nothing_and_ends_nothing(client, cast):
    person = make_user("Lin")
    join(person, cast.northgate, make_role(cast.northgate, "Lister", ["list_studies"]), [cast.ct])
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(person)
    assert end(client, made).status_code == 403
    page = text(client.get(reverse("sharing:access", args=[cast.placement.uuid])))
    assert str(made.uuid) not in page


def test_the_preview_says_who_keeps_the_study_by_another_share(client, cast):
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    share(cast.lois, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:end"), {"share": str(made.uuid)}))
    assert "keeps the study through another share" in page


def test_the_preview_of_a_deletion_counts_what_lies_beyond_an_outsider(client, cast):
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    own = Placement.objects.get(worklist=cast.ed.personal_worklist)
    share(cast.ed, own, Method.EMAIL, "far@example.net")
    client.force_login(cast.ana)
    page = text(client.post(reverse("sharing:delete"), {"placement": str(cast.placement.uuid)}))
    assert "onward share outside your organisation ends" in page
    assert "far@" not in page
