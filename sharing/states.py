"""The state of a share as a list shows it: what the share's row, the clock and its delivery make of it. Pure."""

from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop


class State(StrEnum):
    """Each share is in one of these. `SHARED` is approved, and its reader may not know what became of it."""

    INVITED = "invited"
    INVITATION_EXPIRED = "invitation_expired"
    AWAITING = "awaiting"
    SHARED = "shared"
    NOT_OPENED = "not_opened"
    OPENED = "opened"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    ACKNOWLEDGED = "acknowledged"
    ENDED = "ended"

    @property
    def word(self) -> str:
        return _(_WORDS[self][0])

    @property
    def tone(self) -> str:
        return _WORDS[self][1]


class Standing(NamedTuple):
    """A state and, where there is more to say, why."""

    state: State
    why: str = ""


_WORDS = {
    State.INVITED: (gettext_noop("Invited"), "waiting"),
    State.INVITATION_EXPIRED: (gettext_noop("Invitation expired"), "warn"),
    State.AWAITING: (gettext_noop("Awaiting approval"), "waiting"),
    State.SHARED: (gettext_noop("Shared"), "good"),
    State.NOT_OPENED: (gettext_noop("Not opened yet"), "info"),
    State.OPENED: (gettext_noop("Opened"), "good"),
    State.NOT_ACKNOWLEDGED: (gettext_noop("Not acknowledged"), "waiting"),
    State.ACKNOWLEDGED: (gettext_noop("Acknowledged"), "good"),
    State.ENDED: (gettext_noop("Ended"), "neutral"),
}
