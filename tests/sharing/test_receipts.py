"""The receipt of a press: what was shared with whom, when it ended, who read it in between, and what it cannot know."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from audit.services import record
from common.exceptions import NothingThere
from sharing import services
from sharing.models import Method
from sharing.selectors.receipts import Receipt
from sharing.services import reads
from sharing.targets import Target
from studies.events import on_placement
from studies.models import Placement, Study
from studies.selectors import Order, Question, placement_for
from studies.services import open_study
from studies.services.reads import read_list
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.sharing.share_pages import text

pytestmark = pytest.mark.django_db


def press(cast: Cast, *targets: Target, studies: list[Study] | None = None) -> Any:
    placements = [placement_of(study, cast.ct).uuid for study in studies or [cast.study]]
    return services.share_studies(placements=placements, targets=targets, by=acting(cast.ana)).press


def emergency(cast: Cast) -> Target:
    return Target(Method.LOCATION, str(cast.emergency.uuid))


def opens(user: Any, study: Study, worklist: Any) -> None:
    placement = placement_for(acting(user), placement_of(study, worklist).uuid)
    assert placement is not None
    open_study(placement=placement, by=acting(user))


def downloads(user: Any, study: Study, worklist: Any) -> None:
    at = AuditEvent.objects.latest("pk").at
    placement = Placement.objects.with_names().get(study=study, worklist=worklist)
    record(Action.STUDY_DOWNLOAD, by=acting(user), on=on_placement(placement, at=at))


def receipt(cast: Cast, made: Any, by: Any = None) -> Receipt:
    return reads.read_receipt(press=made, by=acting(by or cast.ana))


def test_the_receipt_names_who_opened_and_who_downloaded_while_it_was_shared(cast: Cast) -> None:
    made = press(cast, emergency(cast))
    opens(cast.ben, cast.study, cast.emergency)
    downloads(cast.adam, cast.study, cast.emergency)
    services.withdraw_press(press=made, by=acting(cast.ana))

    [line] = receipt(cast, made).lines

    assert [(each.opened.who, each.took_at is not None) for each in line.readers] == [
        ("Ben", False),
        ("Adam", True),
    ]
    assert (line.ended_at is not None, line.why) == (True, "by Ana")


def test_reads_before_and_after_the_share_are_not_on_the_receipt(cast: Cast, clock: Any) -> None:
    first = press(cast, emergency(cast))
    opens(cast.ben, cast.study, cast.emergency)
    services.withdraw_press(press=first, by=acting(cast.ana))
    clock.move(minutes=1)
    second = press(cast, emergency(cast))
    services.withdraw_press(press=second, by=acting(cast.ana))
    clock.move(minutes=1)
    press(cast, emergency(cast))
    opens(cast.adam, cast.study, cast.emergency)

    assert [each.opened.who for each in receipt(cast, first).lines[0].readers] == ["Ben"]
    assert receipt(cast, second).lines[0].n_readers == 0


def test_the_receipt_counts_the_people_who_read_the_list_of_that_worklist(cast: Cast) -> None:
    other = make_study(cast.emergency)
    made = press(cast, emergency(cast))
    for person in (cast.ben, cast.ben, cast.adam):
        read_list(worklist=cast.emergency, by=acting(person), question=Question(), order=Order())
    opens(cast.ben, other, cast.emergency)

    [line] = receipt(cast, made).lines

    assert (line.listed, line.n_readers) == (2, 0)


def test_the_receipt_of_a_share_by_email_says_whether_it_was_opened_and_never_by_whom(
    client: Any, cast: Cast
) -> None:
    made = press(cast, Target(Method.EMAIL, cast.ed.email))
    opens(cast.ed, cast.study, cast.ed.personal_worklist)
    downloads(cast.ed, cast.study, cast.ed.personal_worklist)

    [line] = receipt(cast, made).lines
    client.force_login(cast.ana)
    page = text(client.get(reverse("sharing:receipt", args=[made])))

    assert (line.is_outside, line.readers, line.n_readers, line.listed) == (True, (), 0, 0)
    assert [step.label for step in line.steps] == ["Accepted", "First opened"]
    assert ("First opened" in page, "downloaded, saved" in page) == (True, False)
    assert "is not recorded in the audit trail of your study" in page


def test_what_external_people_do_with_an_onward_share_is_not_on_the_receipt(cast: Cast) -> None:
    made = press(cast, Target(Method.EMAIL, cast.ed.email), emergency(cast))
    placement = placement_of(cast.study, cast.ed.personal_worklist)
    services.share_studies(
        placements=[placement.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ed)
    )
    opens(cast.caro, cast.study, cast.imaging)

    lines = receipt(cast, made).lines

    assert [line.n_readers for line in lines] == [0, 0]


def test_shares_made_from_there_are_counted(cast: Cast) -> None:
    made = press(cast, emergency(cast))
    on_emergency = placement_of(cast.study, cast.emergency)
    services.share_studies(
        placements=[on_emergency.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ben)
    )
    services.withdraw_press(press=made, by=acting(cast.ana))

    assert receipt(cast, made).lines[0].onward == 1


@pytest.mark.parametrize("person", ["ben", "vera", "caro", "sue"])
def test_who_may_not_end_the_shares_has_no_receipt(cast: Cast, person: str) -> None:
    made = press(cast, emergency(cast))

    with pytest.raises(NothingThere):
        receipt(cast, made, getattr(cast, person))


def test_a_colleague_without_the_trail_reads_numbers_and_no_names(client: Any, cast: Cast) -> None:
    made = press(cast, emergency(cast))
    opens(cast.ben, cast.study, cast.emergency)

    [line] = receipt(cast, made, cast.lois).lines
    client.force_login(cast.lois)
    page = text(client.get(reverse("sharing:receipt", args=[made])))

    assert (line.readers, line.n_readers) == ([], 1)
    assert ("Opened by 1 person" in page, ">Ben<" in page) == (True, False)


def test_of_a_press_of_several_homes_each_home_reads_of_its_own_shares_alone(cast: Cast) -> None:
    to = [Target(Method.CODE, "NGCT2026")]
    services.share_studies(placements=[cast.other_placement.uuid], targets=to, by=acting(cast.caro))
    made = press(cast, emergency(cast), studies=[cast.study, cast.other_study, make_study(cast.ct)])

    shown = [receipt(cast, made, person) for person in (cast.ana, cast.caro)]

    assert [(each.shares, each.standing, len(each.lines)) for each in shown] == [(3, 3, 3), (1, 1, 1)]


def test_a_press_that_never_was_has_no_receipt(cast: Cast) -> None:
    with pytest.raises(NothingThere):
        receipt(cast, uuid4())


def test_what_the_clock_ended_is_shown_before_it_is_recorded(cast: Cast, clock: Any) -> None:
    made = services.share_studies(
        placements=[cast.placement.uuid], targets=[emergency(cast)], by=acting(cast.ana)
    )
    share = made.rows[0].share
    assert share is not None
    services.change_share(share=share.uuid, by=acting(cast.ana), expires_at=share.shared_at.date(), note="")
    clock.move(days=2)

    shown = receipt(cast, made.press)

    assert (shown.standing, shown.lines[0].why) == (0, "reached its end date")


# The page


def test_the_receipt_takes_as_many_statements_for_many_shares_as_for_one(
    client: Any, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    one = press(cast, emergency(cast))
    studies = [make_study(cast.ct) for _ in range(12)]
    many = press(cast, emergency(cast), Target(Method.GROUP, str(cast.chest.uuid)), studies=studies)
    for study in studies:
        opens(cast.ben, study, cast.emergency)

    for made in (one, many):
        with django_assert_max_num_queries(17):
            receipt(cast, made)


def test_withdrawing_leads_to_the_receipt_and_is_recorded(client: Any, cast: Cast) -> None:
    made = press(cast, emergency(cast))
    client.force_login(cast.ana)

    answer = client.post(reverse("sharing:withdraw_press", args=[made]))
    page = text(client.get(answer.url))

    assert answer.url == reverse("sharing:receipt", args=[made])
    assert ("1, all ended" in page, "No one opened the study." in page) == (True, True)
    assert "0 people read the list of that worklist." in page
    read = AuditEvent.objects.filter(action=Action.DIALOG_READ, detail__dialog="receipt").latest("pk")
    assert (read.by_id, read.study_id, read.in_original) == (cast.ana.pk, cast.study.pk, True)


def test_the_receipt_offers_to_withdraw_while_a_share_has_not_ended(client: Any, cast: Cast) -> None:
    made = press(cast, emergency(cast))
    client.force_login(cast.ana)
    url = reverse("sharing:receipt", args=[made])

    page = text(client.get(url))
    services.withdraw_press(press=made, by=acting(cast.ana))
    again = text(client.get(url))

    withdraw = reverse("sharing:withdraw_press", args=[made])
    assert ("1 of 1 not ended" in page, withdraw in page, withdraw in again) == (True, True, False)


@pytest.mark.parametrize("where", ["sharing:shared_by_me", "sharing:access"])
def test_pages_that_list_the_share_lead_to_its_receipt(client: Any, cast: Cast, where: str) -> None:
    made = press(cast, emergency(cast))
    client.force_login(cast.ana)
    args = {"sharing:shared_by_me": [], "sharing:access": [cast.placement.uuid]}[where]

    page = text(client.get(reverse(where, args=args)))

    assert reverse("sharing:receipt", args=[made]) in page
