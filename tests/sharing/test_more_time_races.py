"""A click that gives more time while the share's end date passes: extended or expired, and never both."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit import clock
from sharing.models import Share, TimeRequest
from sharing.services import settle_overdue, settling
from tests.cast import Cast
from tests.lawful import assert_lawful
from tests.overlap import at_once, queued, study_rows
from tests.races.more_time import HAS_ENDED, asked, granting
from tests.races.scene import told

pytestmark = pytest.mark.django_db(transaction=True)


def expire(share: Share, **after: float) -> None:
    end = clock.now() + timedelta(**after)
    Share.objects.filter(pk=share.pk).update(expires_at=end)
    TimeRequest.objects.filter(share=share).update(expires_at=end)


def test_an_end_that_passes_while_the_click_waits_for_the_study_is_the_end(cast: Cast) -> None:
    share = asked(cast)

    [answer] = queued(
        study_rows(share.study), [granting(cast, share)], while_held=lambda: expire(share, seconds=-1)
    )

    assert told(answer) == HAS_ENDED
    assert settle_overdue() == 1
    share.refresh_from_db()
    assert share.end_reason == "expired"
    assert_lawful()


def test_a_click_and_the_sweep_at_the_moment_of_the_end_make_one_of_the_two(cast: Cast) -> None:
    for _ in range(6):
        share = asked(cast)
        expire(share, milliseconds=100)
        with transaction.atomic():
            settling.settle(*settling.locked_graphs([share.study_id]))

        answer, _swept = at_once([granting(cast, share), settle_overdue])

        settle_overdue()
        share.refresh_from_db()
        extended = answer == "granted"
        assert extended == (share.expires_at - share.shared_at > timedelta(days=6))
        assert extended == (share.ended_at is None)
        assert TimeRequest.objects.get(share=share).granted == (True if extended else None)
        assert_lawful()
