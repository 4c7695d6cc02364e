"""Who shared a study is notified of its first opening, exactly once; the reader waits for nothing."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountMembership, OutboxMail, User
from sharing.models import Method, Notice, Share
from sharing.selectors.notices import notices_of
from sharing.services import end_shares, leave_account, share_studies, take_over_shares
from sharing.services.daily_notices import send_daily_notices
from sharing.services.openings import tell_openings
from sharing.targets import Target
from studies.models import Blob, Instance, Opening, Placement
from studies.selectors import placement_for
from studies.services import Part, open_instance, open_study
from tests.cast import Cast, acting
from tests.factories import make_instance, make_series, make_study, placement_of
from worklists.services import change_worklist, choose_notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def wanting(cast: Cast) -> Cast:
    """Ana wants to be notified at once of what she shares from CT Reporting."""
    choose_notices(worklist=cast.ct, times={"opened": "now"}, by=acting(cast.ana))
    return cast


def share(cast: Cast, *targets: Target, placements: list[UUID] | None = None) -> list[Share]:
    report = share_studies(
        placements=placements or [cast.placement.uuid],
        targets=targets or [to_emergency(cast)],
        by=acting(cast.ana),
    )
    return [row.share for row in report.rows if row.share is not None]


def to_emergency(cast: Cast) -> Target:
    return Target(Method.LOCATION, str(cast.emergency.uuid))


def opened(placement: Placement, person: User) -> None:
    by = acting(person)
    seen = placement_for(by, placement.uuid)
    assert seen is not None
    open_study(placement=seen, by=by)


def with_picture(cast: Cast) -> Instance:
    blob = Blob.objects.create(sha256="a" * 64, size=1, preview=Blob.Preview.READY)
    return make_instance(make_series(cast.study), blob=blob)


def told(person: User) -> list[str]:
    return [row.sentence for row in notices_of(acting(person)).lines if row.notice.event == "opened"]


def mailed() -> Counter[str]:
    return Counter(OutboxMail.objects.filter(kind="notice").values_list("recipient", flat=True))


def test_the_sharer_is_notified_of_the_first_opening_alone(wanting: Cast) -> None:
    share(wanting)
    there = placement_of(wanting.study, wanting.emergency)

    opened(there, wanting.ben)
    assert [tell_openings(), tell_openings()] == [1, 0]
    opened(there, wanting.adam)
    opened(there, wanting.ben)
    assert tell_openings() == 2

    assert told(wanting.ana) == [
        "What you shared with Emergency, Northgate Hospital was opened for the first time."
    ]
    assert mailed() == {wanting.ana.email: 1}


def test_of_a_share_by_email_the_first_opening_is_said_and_no_more(wanting: Cast) -> None:
    share(wanting, Target(Method.EMAIL, wanting.ed.email))
    there = placement_of(wanting.study, wanting.ed.personal_worklist)

    for _time in range(3):
        opened(there, wanting.ed)
        tell_openings()

    assert told(wanting.ana) == ["What you shared with ed@example.org was opened for the first time."]


@pytest.mark.parametrize("read", ["images", "details"])
def test_images_and_pages_are_openings_alike(wanting: Cast, read: str) -> None:
    share(wanting)
    there, by = placement_of(wanting.study, wanting.emergency), acting(wanting.ben)
    instance = with_picture(wanting)
    seen = placement_for(by, there.uuid)
    assert seen is not None
    reads: dict[str, Callable[[], Any]] = {
        "images": lambda: open_instance(
            placement=there.uuid, instance=instance.uuid, by=by, part=Part.FRAME, session="a visit"
        ),
        "details": lambda: open_study(placement=seen, by=by, page="details"),
    }

    reads[read]()
    tell_openings()

    assert len(told(wanting.ana)) == 1


def test_several_studies_to_a_recipient_are_a_single_notice(wanting: Cast) -> None:
    second = make_study(wanting.ct)
    share(wanting, placements=[wanting.placement.uuid, placement_of(second, wanting.ct).uuid])

    for study in (wanting.study, second):
        opened(placement_of(study, wanting.emergency), wanting.ben)
        tell_openings()

    assert len(told(wanting.ana)) == 1


def test_two_recipients_are_two_notices(wanting: Cast) -> None:
    share(wanting, to_emergency(wanting), Target(Method.PHYSICIAN, str(wanting.ben.uuid)))

    opened(placement_of(wanting.study, wanting.emergency), wanting.ben)
    opened(placement_of(wanting.study, wanting.ben.personal_worklist), wanting.ben)
    tell_openings()

    assert len(told(wanting.ana)) == 2


def test_the_sharer_does_not_open_their_own_share(wanting: Cast) -> None:
    choose_notices(worklist=wanting.ct, times={"opened": "now"}, by=acting(wanting.adam))
    share_studies(
        placements=[wanting.placement.uuid], targets=[to_emergency(wanting)], by=acting(wanting.adam)
    )

    opened(placement_of(wanting.study, wanting.emergency), wanting.adam)
    tell_openings()
    assert told(wanting.adam) == []

    opened(placement_of(wanting.study, wanting.emergency), wanting.ben)
    tell_openings()
    assert len(told(wanting.adam)) == 1


def test_without_a_choice_no_one_is_notified_and_a_later_choice_is_of_later_shares(cast: Cast) -> None:
    share(cast)
    opened(placement_of(cast.study, cast.emergency), cast.ben)
    tell_openings()
    assert not Notice.objects.filter(event="opened").exists()

    choose_notices(worklist=cast.ct, times={"opened": "now"}, by=acting(cast.ana))
    opened(placement_of(cast.study, cast.emergency), cast.ben)
    tell_openings()

    assert told(cast.ana) == []


def test_once_a_day_is_in_the_daily_mail(cast: Cast, clock: Any) -> None:
    choose_notices(worklist=cast.ct, times={"opened": "daily"}, by=acting(cast.ana))
    share(cast)
    opened(placement_of(cast.study, cast.emergency), cast.ben)

    tell_openings()
    assert not mailed()
    # At noon, whenever the test runs: a daily mail waits for the morning where its reader is.
    clock.set((clock.now() + timedelta(days=1)).replace(hour=12))
    send_daily_notices()

    daily = OutboxMail.objects.filter(kind="daily_notices")
    assert list(daily.values_list("recipient", flat=True)) == [cast.ana.email]


def test_a_share_made_again_is_opened_again(wanting: Cast) -> None:
    [first] = share(wanting)
    opened(placement_of(wanting.study, wanting.emergency), wanting.ben)
    tell_openings()
    end_shares(shares=[first.uuid], by=acting(wanting.ana))

    share(wanting)
    opened(placement_of(wanting.study, wanting.emergency), wanting.ben)
    tell_openings()

    assert len(told(wanting.ana)) == 2


def test_a_share_that_waits_for_approval_is_not_opened_by_those_who_have_another(wanting: Cast) -> None:
    """The studies are there already, by a share of an earlier time."""
    share_studies(
        placements=[wanting.placement.uuid], targets=[to_emergency(wanting)], by=acting(wanting.adam)
    )
    change_worklist(worklist=wanting.emergency, needs_approval=True, by=acting(wanting.adam))
    share(wanting)

    opened(placement_of(wanting.study, wanting.emergency), wanting.ben)
    tell_openings()

    assert told(wanting.ana) == []


def test_an_opening_that_is_not_committed_is_none(wanting: Cast) -> None:
    share(wanting)

    with pytest.raises(RuntimeError), transaction.atomic():
        opened(placement_of(wanting.study, wanting.emergency), wanting.ben)
        raise RuntimeError

    assert tell_openings() == 0
    assert told(wanting.ana) == []


def test_at_home_nothing_is_left_for_the_worker(cast: Cast) -> None:
    share(cast)

    opened(cast.placement, cast.ana)

    assert not Opening.objects.exists()


def test_who_took_a_share_over_is_notified(wanting: Cast) -> None:
    choose_notices(worklist=wanting.ct, times={"opened": "now"}, by=acting(wanting.adam))
    share(wanting)
    membership = AccountMembership.objects.get(account=wanting.northgate, user=wanting.ana)
    leave_account(membership=membership.pk, by=acting(wanting.adam))
    take_over_shares(
        account=wanting.northgate, person=wanting.ana, successor=wanting.adam, by=acting(wanting.adam)
    )

    opened(placement_of(wanting.study, wanting.emergency), wanting.ben)
    tell_openings()

    assert told(wanting.adam) == [
        "What Ana shared with Emergency, Northgate Hospital was opened for the first time."
    ]
    assert mailed() == {wanting.adam.email: 1}


def test_an_opening_costs_its_reader_one_statement_and_an_image_after_the_first_none(wanting: Cast) -> None:
    share(wanting)
    by, instance = acting(wanting.ben), with_picture(wanting)
    there = placement_of(wanting.study, wanting.emergency)

    def frame(visit: str) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            open_instance(placement=there.uuid, instance=instance.uuid, by=by, part=Part.FRAME, session=visit)
        return [query["sql"] for query in asked if "studies_opening" in query["sql"]]

    assert len(frame("a visit")) == 1
    with CaptureQueriesContext(connection) as again:
        assert frame("a visit") == []
    assert len(again) <= 1


def test_many_openings_of_shares_that_no_one_wants_to_hear_of_are_few_statements(cast: Cast) -> None:
    studies = [make_study(cast.ct) for _number in range(20)]
    share(cast, placements=[placement_of(study, cast.ct).uuid for study in studies])
    for study in studies:
        opened(placement_of(study, cast.emergency), cast.ben)

    with CaptureQueriesContext(connection) as asked:
        assert tell_openings() == 20

    assert len(asked) <= 12
