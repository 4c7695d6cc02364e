"""The state of a share, of its row, the clock and what became of it."""

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _

from sharing.delivery import Delivery
from sharing.models import Share
from sharing.states import Standing, State


def standing_of(
    share: Share, now: datetime, delivery: Delivery | None, why_ended: Callable[[Share], str], *, held: bool
) -> Standing:
    """What the clock ended is shown as ended before the sweep records it.

    `delivery`: None where the reader may not know it. `held`: whether the from-worklist still has the study.
    """
    if share.ended_at is not None:
        return Standing(State.ENDED, why_ended(share))
    if share.expires_at is not None and share.expires_at <= now:
        return Standing(State.ENDED, str(Share.EndReason.EXPIRED.label))
    if not held:
        return Standing(State.ENDED, str(Share.EndReason.UNREACHABLE.label))
    if share.to_worklist_id is None:
        assert share.invitation is not None  # a constraint: a share has a worklist or an invitation
        if share.invitation.expires_at <= now:
            return Standing(State.INVITATION_EXPIRED, _("send the invitation again to renew it"))
        return Standing(State.INVITED, _("not yet registered"))
    if share.approved_at is None:
        return Standing(State.AWAITING)
    if delivery is None:
        return Standing(State.SHARED)
    if delivery.acknowledged is not None:
        return Standing(State.ACKNOWLEDGED)
    return Standing(State.OPENED if delivery.opened is not None else State.NOT_OPENED)
