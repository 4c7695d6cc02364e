"""The filters of Shared by me and Shared with me: the database tells each state as the list shows it."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Invitation
from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.forms.share_filters import MADE, RECEIVED
from sharing.models import Method, Share
from sharing.selectors.share_filters import CURRENT, ShareFilters
from sharing.selectors.shared_by_me import shares_made_by
from sharing.selectors.shared_with_me import shares_received_by
from sharing.services.acknowledging import acknowledge
from sharing.states import State
from studies.models import Placement
from studies.selectors import placement_for
from studies.services import open_study
from tests.cast import acting
from tests.factories import make_location, make_study, placement_of
from tests.sharing.share_pages import share, text

pytestmark = pytest.mark.django_db

MINE = reverse("sharing:shared_by_me")
TO_ME = reverse("sharing:shared_with_me")


def opened_by(user, study):
    placement = Placement.objects.get(study=study, worklist=user.personal_worklist)
    open_study(placement=placement_for(acting(user), placement.uuid), by=acting(user))
    return placement.uuid


def to(user, cast, **more):
    return share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.PHYSICIAN, user.uuid, **more)


@pytest.fixture
def each(cast, clock):
    """Shares of Ana's in every state, by name."""
    made = {
        "location": share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid),
        "ended": share(cast.ana, cast.placement, Method.GROUP, cast.chest.uuid),
        "invited": share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net"),
        "lapsed": share(cast.ana, cast.placement, Method.EMAIL, "late@example.net"),
        "ed": share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email),
        "code": share(cast.ana, cast.placement, Method.CODE, "RIVERSIDE"),
        "own code": share(cast.ana, cast.placement, Method.CODE, "NORTHGATE"),
        "unopened": to(cast.ben, cast),
        "opened": to(cast.ben, cast),
        "acknowledged": to(cast.ben, cast),
        "opened and ended": to(cast.ben, cast),
    }
    asks = make_location(cast.northgate, "Asks", needs_approval=True)
    made["waits"] = share(cast.ana, cast.placement, Method.LOCATION, asks.uuid)
    services.end_shares(shares=[made["ended"].uuid], by=acting(cast.ana))
    opened_by(cast.ben, made["opened"].study)
    acknowledge(placement=opened_by(cast.ben, made["acknowledged"].study), by=acting(cast.ben))
    opened_by(cast.ben, made["opened and ended"].study)
    services.end_shares(shares=[made["opened and ended"].uuid], by=acting(cast.ana))
    Invitation.objects.filter(email="late@example.net").update(expires_at=clock.now())
    return made


def made(cast, **filters):
    return shares_made_by(acting(cast.ana), filters=ShareFilters(**filters)).lines


def names(each, lines):
    shares = {share.uuid: name for name, share in each.items()}
    return {shares[line.share.uuid] for line in lines}


@pytest.mark.parametrize("state", MADE)
def test_each_state_of_shares_made_is_filtered_as_it_is_shown(cast, each, state):
    shown = {line.share.uuid for line in made(cast) if line.standing.state == state}

    assert {line.share.uuid for line in made(cast, state=state)} == shown
    assert shown


def test_what_has_not_ended(cast, each):
    assert names(each, made(cast, state=CURRENT)) == set(each) - {"ended", "opened and ended"}


@pytest.mark.parametrize("state", RECEIVED)
def test_each_state_of_shares_received_is_filtered_as_it_is_shown(cast, each, state):
    def received(**filters):
        return shares_received_by(acting(cast.ben), filters=ShareFilters(**filters)).lines

    shown = {line.share.uuid for line in received() if line.standing == state}

    assert {line.share.uuid for line in received(state=state)} == shown
    assert shown


def test_what_the_clock_ended_is_filtered_as_ended_before_it_is_recorded(cast, clock):
    lasting = to(cast.ben, cast)
    short = to(cast.ben, cast, expires_at=clock.now() + timedelta(days=2))
    clock.move(days=4)

    assert [line.share for line in made(cast, state=State.ENDED)] == [short]
    assert [line.share for line in made(cast, state=CURRENT)] == [lasting]
    assert Share.objects.get(pk=short.pk).ended_at is None


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"method": Method.CODE}, {"code", "own code"}),
        ({"outside": True}, {"invited", "lapsed", "ed", "code"}),
        ({"outside": True, "method": Method.CODE}, {"code"}),
        ({"state": State.NOT_OPENED, "method": Method.PHYSICIAN}, {"unopened"}),
        ({"unopened": True, "method": Method.PHYSICIAN}, {"unopened"}),
        ({"unopened": True, "state": State.ENDED}, {"ended"}),
    ],
)
def test_filters_narrow_together(cast, each, filters, wanted):
    assert names(each, made(cast, **filters)) == wanted


def test_what_ends_soon(cast, clock):
    to(cast.ben, cast)
    soon = to(cast.ben, cast, expires_at=clock.now() + timedelta(days=3))
    to(cast.ben, cast, expires_at=clock.now() + timedelta(days=30))

    assert [line.share for line in made(cast, soon=True)] == [soon]


def test_whether_a_study_was_opened_is_not_filtered_by_where_the_sharer_no_longer_sees_it(cast):
    own = share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    there = Placement.objects.get(worklist=cast.ed.personal_worklist)
    share(cast.ed, there, Method.EMAIL, cast.caro.email)
    opened_by(cast.caro, cast.study)
    services.end_shares(shares=[own.uuid], by=acting(cast.ana))

    lines = {
        name: shares_made_by(acting(cast.ed), filters=ShareFilters(**filters)).lines
        for name, filters in {
            "opened": {"state": State.OPENED},
            "not opened": {"state": State.NOT_OPENED},
            "never opened": {"unopened": True},
            "ended": {"state": State.ENDED},
        }.items()
    }

    assert {name: len(found) for name, found in lines.items()} == {
        "opened": 0, "not opened": 0, "never opened": 0, "ended": 1,
    }  # fmt: skip


def test_the_page_keeps_its_filters_on_the_next_page_and_in_the_file(client, cast):
    for number in range(51):
        share(cast.ana, cast.placement, Method.EMAIL, f"dora{number}@example.net")
        share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.ana)

    first = text(client.get(MINE, {"method": "email", "state": "current"}))
    oldest = Share.objects.filter(method=Method.EMAIL).order_by("pk")[1]
    older = f"?method=email&amp;state=current&amp;before={oldest.uuid}"
    second = text(client.get(MINE, {"method": "email", "state": "current", "before": str(oldest.uuid)}))

    assert first.count('name="share"') == 50
    assert older in first
    assert (second.count('name="share"'), "dora0@example.net" in second) == (1, True)
    assert 'name="back" value="/shared-by-me/?method=email&amp;state=current&amp;before=' in second
    assert "/shared-by-me/csv/?method=email&amp;state=current" in second


def test_a_place_in_the_list_stays_after_its_row_no_longer_fits(client, cast):
    shares = [share(cast.ana, cast.placement, Method.EMAIL, f"dora{n}@example.net") for n in range(3)]
    services.end_shares(shares=[shares[1].uuid], by=acting(cast.ana))
    client.force_login(cast.ana)

    older = text(client.get(MINE, {"state": "current", "before": str(shares[1].uuid)}))
    beyond = text(client.get(MINE, {"state": "current", "before": str(shares[0].uuid)}))

    assert ("dora0@example.net" in older, older.count('name="share"')) == (True, 1)
    assert beyond.count('name="share"') == 2


def test_the_file_has_the_filtered_shares_alone(client, cast, each):
    client.force_login(cast.ana)

    answer = client.get(reverse("sharing:shared_by_me_csv"), {"method": "code", "outside": "1"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))

    assert [row["With"] for row in rows] == ["Riverside Clinic — Riverside Imaging"]
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.detail["filters"]) == (
        Action.SHARES_READ,
        {"method": "code", "outside": True},
    )


@pytest.mark.parametrize("url", [MINE, TO_ME])
def test_an_empty_result_says_so_and_offers_the_whole_list(client, cast, each, url):
    client.force_login(cast.ben)
    to_ana = Placement.objects.filter(worklist=cast.ben.personal_worklist)[0]
    share(cast.ben, to_ana, Method.PHYSICIAN, cast.vera.uuid)

    page = text(client.get(url, {"method": "code"}))

    assert "No share matches these filters." in page
    # Beside the filters, and with the sentence.
    assert page.count("Clear filters") == 2


@pytest.mark.parametrize("url", [MINE, TO_ME, reverse("sharing:shared_by_me_csv")])
@pytest.mark.parametrize("wrong", [{"method": "pigeon"}, {"state": "lost"}])
def test_a_filter_that_does_not_exist_lists_nothing(client, cast, each, url, wrong):
    client.force_login(cast.ana)
    before = AuditEvent.objects.count()

    answer = client.get(url, wrong)

    assert answer.status_code == 400
    assert "Choose a filter from the list." in text(answer)
    assert 'name="share"' not in text(answer)
    assert AuditEvent.objects.count() == before


EVERY_FILTER = {"method": "physician", "state": "not_opened", "outside": "", "unopened": "1", "soon": ""}


@pytest.mark.parametrize("number", [1, 20])
def test_a_filtered_list_asks_the_same_few_statements(client, cast, django_assert_num_queries, number):
    for _ in range(number):
        to(cast.ben, cast)
    client.force_login(cast.ana)
    client.get(MINE)

    # As without filters, and the keys of those that fit.
    with django_assert_num_queries(12):
        page = text(client.get(MINE, EVERY_FILTER))
    assert page.count("<tr>") == number + 1
