"""An urgent share whose time passes while it is opened, ended, or the task runs several times at once."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from accounts.mail import NothingToSend
from accounts.models import OutboxMail
from audit import clock
from sharing.models import Escalation, Share
from sharing.notice_mail import notice as render_notice
from sharing.services import end_shares
from sharing.services.urgent import escalate_urgent
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.lawful import assert_lawful
from tests.overlap import Contender, at_once
from tests.sharing.urgent import mailed, new_colleague, open_as, set_contacts, share_urgent

pytestmark = pytest.mark.django_db(transaction=True)


def overdue(cast: Cast) -> Share:
    """A share that was to be opened a minute ago."""
    study = placement_of(make_study(cast.ct), cast.ct).uuid
    [share] = share_urgent(cast, placements=[study])
    passed = clock.now() - timedelta(minutes=1)
    made = Share.objects.filter(pk=share.pk)
    made.update(
        shared_at=F("shared_at") - timedelta(hours=2), approved_at=F("approved_at") - timedelta(hours=2)
    )
    made.update(open_by=passed, escalate_at=passed)
    return made.get()


def make_due(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(escalate_at=clock.now() - timedelta(seconds=1))


def test_the_task_at_the_same_time_with_itself_notifies_each_person_once(cast: Cast) -> None:
    set_contacts(cast, cast.ben)
    for number in range(1, 6):
        overdue(cast)

        answers = at_once([escalate_urgent] * 4)

        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert Escalation.objects.count() == number
        assert mailed() == Counter({cast.ana.email: number, cast.ben.email: number})


def test_an_opening_that_is_not_committed_does_not_stop_the_step_and_stops_its_mails_and_the_next_step(
    cast: Cast,
) -> None:
    set_contacts(cast, cast.ben, new_colleague(cast, "Ida"))
    share = overdue(cast)

    with transaction.atomic():
        open_as(cast.ben, share)
        task = Contender(escalate_urgent)
        task.start()
        assert task.result() == 1
    make_due(share)
    assert escalate_urgent() == 1

    assert list(Escalation.objects.values_list("contact", flat=True)) == [cast.ben.pk]
    waiting = OutboxMail.objects.filter(kind="notice")
    assert waiting.count() == 2
    for mail in waiting:
        with pytest.raises(NothingToSend):
            render_notice(mail)


def test_an_opening_and_the_task_at_once_are_one_step_at_most(cast: Cast) -> None:
    ida = new_colleague(cast, "Ida")
    set_contacts(cast, cast.ben, ida)
    for _ in range(8):
        share = overdue(cast)

        opened, escalated = at_once([lambda share=share: open_as(cast.ben, share), escalate_urgent])
        make_due(share)
        escalate_urgent()

        assert (opened, escalated) == (None, 1)
        assert set(share.escalations.values_list("contact", flat=True)) <= {cast.ben.pk}
    assert ida.email not in mailed()


def test_an_end_and_the_task_at_once_wait_for_each_other_never(cast: Cast) -> None:
    set_contacts(cast, cast.ben)
    for _ in range(8):
        share = overdue(cast)

        ended, escalated = at_once(
            [lambda share=share: end_shares(shares=[share.uuid], by=acting(cast.ana)), escalate_urgent]
        )

        assert ended.ended == 1
        assert escalated in (0, 1)
        share.refresh_from_db()
        assert share.end_reason == "ended"
        assert escalate_urgent() == 0
    assert_lawful()
