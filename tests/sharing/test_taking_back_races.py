"""Undo against the delivery of mails, on real PostgreSQL, each on a connection of its own."""

from typing import Any

import pytest

from accounts.models import OutboxMail
from accounts.services import outbox
from sharing import services
from sharing.models import Method, Share
from sharing.services import TakenBack, TooLate
from sharing.targets import Target
from tests.cast import Cast, acting
from tests.mail_server import MailServer, mail_server
from tests.overlap import at_once, queued, study_rows

__all__ = ["mail_server"]
pytestmark = pytest.mark.django_db(transaction=True)


def pressed(cast: Cast) -> services.ShareReport:
    targets = [
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        Target(Method.EMAIL, "dora@example.net"),
        Target(Method.EMAIL, "nell@example.net"),
    ]
    return services.share_studies(placements=[cast.placement.uuid], targets=targets, by=acting(cast.ana))


def undoing(cast: Cast, made: services.ShareReport) -> Any:
    return lambda: services.undo_press(press=made.press, by=acting(cast.ana))


def outcome(made: services.ShareReport, answer: Any, mail_server: MailServer) -> tuple[str, int, int]:
    """What undo answered, how many mails of the press have left by now, how many of its shares have not ended."""
    said = "undone" if isinstance(answer, TakenBack) else "too late"
    delivered = OutboxMail.objects.filter(data__press=str(made.press)).exclude(delivered_at=None).count()
    standing = Share.objects.filter(press=made.press, ended_at=None).count()
    assert delivered == len(mail_server.received)
    assert isinstance(answer, TakenBack | TooLate), answer
    return said, delivered, standing


# From mails that are due before undo can begin to mails that no delivery takes, and moments between them.
@pytest.mark.parametrize("wait", [0, *(step / 200 for step in range(1, 16)), 3600])
def test_a_press_is_undone_without_a_mail_or_its_mails_leave(
    cast: Cast, mail_server: MailServer, settings: Any, wait: float
) -> None:
    settings.CIMAR_UNDO_SECONDS = wait
    made = pressed(cast)

    answer, *_ = at_once([undoing(cast, made), *[outbox.deliver_waiting] * 3])
    settings.CIMAR_UNDO_SECONDS = 0
    OutboxMail.objects.filter(dropped_at=None, delivered_at=None).update(due_at=made.rows[0].share.shared_at)
    outbox.deliver_waiting()

    assert outcome(made, answer, mail_server) in {("undone", 0, 0), ("too late", 3, 3)}


def test_an_undo_that_waited_for_a_lock_until_its_time_was_up_undoes_nothing(
    cast: Cast, mail_server: MailServer, settings: Any
) -> None:
    settings.CIMAR_UNDO_SECONDS = 0.5
    made = pressed(cast)

    [answer] = queued(study_rows(cast.study), [undoing(cast, made)], while_held=sent_all)

    assert outcome(made, answer, mail_server) == ("too late", 3, 3)


def sent_all() -> None:
    """Deliver until the mails have become due and have left."""
    while OutboxMail.objects.waiting().exists():
        outbox.deliver_waiting()


def test_of_two_presses_of_undo_the_second_finds_nothing_to_do(cast: Cast, settings: Any) -> None:
    settings.CIMAR_UNDO_SECONDS = 3600
    made = pressed(cast)

    answers = at_once([undoing(cast, made)] * 2)

    assert sorted((answer.ended, answer.mails) for answer in answers) == [(0, 0), (3, 3)]


def test_undo_and_withdraw_at_once_end_each_share_once(cast: Cast, settings: Any) -> None:
    settings.CIMAR_UNDO_SECONDS = 3600
    made = pressed(cast)

    answers = at_once([
        undoing(cast, made),
        lambda: services.withdraw_press(press=made.press, by=acting(cast.ana)),
    ])  # fmt: skip

    assert sum(answer.ended for answer in answers) == 3
