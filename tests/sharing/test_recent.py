"""The dialog offers the latest recipients of its reader's own shares, and only who can be picked now."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import AccountMembership
from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from tests.cast import acting
from tests.factories import make_study, placement_of
from tests.sharing.dialog_pages import HTMX, picks

pytestmark = pytest.mark.django_db

RECENT = "Recent recipients"


@pytest.fixture
def shared(cast):
    """Ana shared with each method once; her next dialog is of another study."""
    share_with(cast, cast.ana, *targets(cast))
    return str(placement_of(make_study(cast.ct), cast.ct).uuid)


def targets(cast):
    return [
        Target(method, next(iter(fields.values())), is_read_back=True)
        for method, fields in picks(cast).items()
    ]


def share_with(cast, person, *targets, **more):
    return services.share_studies(
        placements=[cast.placement.uuid], targets=targets, by=acting(person), **more
    )


def dialog(client, placement):
    response = client.get(reverse("sharing:share"), {"placement": placement}, headers=HTMX)
    return " ".join(response.content.decode().split())


def check(client, placement, **fields):
    response = client.post(reverse("sharing:share_check"), {"placement": placement, **fields}, headers=HTMX)
    return " ".join(response.content.decode().split())


def offered(page):
    """The keys of the recipients that are offered again."""
    return [part.partition('"')[0] for part in page.split('name="again" value="')[1:]]


def keys(cast):
    return {
        f"location:{cast.emergency.uuid}",
        f"group:{cast.chest.uuid}",
        f"physician:{cast.ben.uuid}:{cast.northgate.uuid}",
        "code:RIVERSIDE",
        "email:dora@example.net",
    }


def test_each_recipient_is_offered_and_is_a_pick_after_its_button(client, cast, shared):
    client.force_login(cast.ana)
    page = dialog(client, shared)
    assert set(offered(page)) == keys(cast)

    for key in sorted(keys(cast)):
        assert key not in offered(check(client, shared, again=key))
    page = check(client, shared, again=sorted(keys(cast)))

    assert RECENT not in page
    assert "5 recipients" in page
    assert "Riverside Clinic — Riverside Imaging" in page
    assert page.count("Outside Northgate Hospital") == 2


def test_the_last_press_is_picked_whole_with_its_end_date_and_without_its_note(client, cast):
    share_with(cast, cast.ana, Target(Method.EMAIL, "before@example.net"))
    share_with(cast, cast.ana, *targets(cast), note="Left hilum?", expires_at=date(2199, 1, 2))
    placement = str(placement_of(make_study(cast.ct), cast.ct).uuid)
    client.force_login(cast.ana)
    assert "Add the 5 recipients of your last share" in dialog(client, placement)

    page = check(client, placement, step="last")

    assert 'value="2199-01-02"' in page
    assert "5 recipients" in page
    assert "Left hilum?" not in page
    assert offered(page) == ["email:before@example.net"]


def test_a_code_that_is_picked_again_is_read_back_and_recorded(client, cast, shared):
    client.force_login(cast.ana)

    check(client, shared, again="code:RIVERSIDE")

    assert AuditEvent.objects.filter(action=Action.CODE_LOOK_UP).count() == 1


def test_what_another_person_shared_is_not_offered(client, cast, shared):
    for person in (cast.erin, cast.adam):
        client.force_login(person)
        assert RECENT not in dialog(client, shared)


def test_who_cannot_be_picked_now_is_not_offered(client, cast, shared):
    client.force_login(cast.ana)
    cast.emergency.takes_shares = False
    cast.emergency.save(update_fields=["takes_shares"])
    cast.imaging.share_code = "NEWCODE1"
    cast.imaging.save(update_fields=["share_code"])
    AccountMembership.objects.filter(user=cast.ben).update(active=False)

    page = dialog(client, shared)

    assert set(offered(page)) == {f"group:{cast.chest.uuid}", "email:dora@example.net"}
    assert "NEWCODE1" not in page


def test_who_lost_the_right_is_offered_no_recipient_of_that_method(client, cast):
    # The role allows emails alone now; the shares were made when it allowed everything.
    share_with(cast, cast.ana, *targets(cast))
    Share.objects.update(shared_by=cast.erin)
    placement = str(placement_of(make_study(cast.ct), cast.ct).uuid)
    client.force_login(cast.erin)

    assert offered(dialog(client, placement)) == ["email:dora@example.net"]


def test_a_recipient_whose_share_was_taken_back_is_not_offered(client, cast, shared):
    [mistaken] = Share.objects.filter(method=Method.EMAIL)
    services.end_shares(shares=[mistaken.uuid], by=acting(cast.ana))
    client.force_login(cast.ana)

    assert "email:dora@example.net" not in offered(dialog(client, shared))


@pytest.mark.parametrize(
    "key", ["location:x", "code:", "email:", "other:1", ":", "physician:a:b", "code:\x00"]
)
def test_a_key_that_names_no_recipient_picks_none(client, cast, shared, key):
    client.force_login(cast.ana)

    response = client.post(reverse("sharing:share_check"), {"placement": shared, "again": key}, headers=HTMX)

    assert response.status_code == 200


@pytest.mark.parametrize("presses", [1, 20])
def test_the_recipients_are_read_in_two_statements(client, cast, django_assert_num_queries, presses):
    for number in range(presses):
        share_with(cast, cast.ana, *targets(cast), Target(Method.EMAIL, f"dora{number}@example.net"))
    placement = str(placement_of(make_study(cast.ct), cast.ct).uuid)
    client.force_login(cast.ana)
    dialog(client, placement)

    # As without recent recipients, the colleagues among them, who is new, and what the account says of end dates, in
    # its rules, and the saved lists of recipients.
    with django_assert_num_queries(16):
        page = dialog(client, placement)

    assert len(offered(page)) == min(presses + 5, 8)
