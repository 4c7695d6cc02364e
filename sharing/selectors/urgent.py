"""Urgent shares: which of them no one has opened yet, and whom of a worklist's contacts is notified next."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from sharing.delivery import Delivery
from sharing.models import Escalation, Notice, Share
from sharing.selectors.deliveries import deliveries_of
from sharing.urgency import Urgency, UrgentState, urgency_of
from worklists.models import Worklist
from worklists.selectors.contacts import contacts_in_order

TONES = {
    UrgentState.WAITS: "waiting",
    UrgentState.IN_TIME: "good",
    UrgentState.LATE: "info",
    UrgentState.OVERDUE: "danger",
    UrgentState.ESCALATED: "danger",
    UrgentState.OVER: "neutral",
}


@dataclass(frozen=True)
class UrgentLine:
    """The urgency of a share in words, and the time that they are about."""

    urgency: Urgency
    words: str
    tone: str
    about: str = ""

    @property
    def at(self) -> datetime:
        return self.urgency.open_by


def urgent_lines(
    shares: Sequence[Share], deliveries: Mapping[int, Delivery], now: datetime
) -> dict[int, UrgentLine]:
    """By key of the share; those that are not urgent are left out. One statement, and none where none is urgent."""
    urgent = [share for share in shares if share.open_by is not None]
    notified = contacts_notified(urgent) if urgent else {}
    lines = {}
    for share in urgent:
        opened = deliveries[share.pk].urgent_opened if share.pk in deliveries else None
        shown = urgency_of(share, opened=opened, contacts=len(notified.get(share.pk, ())), now=now)
        assert shown is not None  # it is urgent
        lines[share.pk] = line_of(shown)
    return lines


def line_of(shown: Urgency) -> UrgentLine:
    words = {
        UrgentState.WAITS: _("Urgent"),
        UrgentState.IN_TIME: _("Urgent: opened in time"),
        UrgentState.LATE: _("Urgent: opened late"),
        UrgentState.OVERDUE: _("Urgent: overdue"),
        UrgentState.ESCALATED: _("Urgent: overdue"),
        UrgentState.OVER: _("Urgent: ended unopened"),
    }
    about = ""
    if shown.state == UrgentState.ESCALATED:
        about = ngettext(
            "%(number)s contact was notified", "%(number)s contacts were notified", shown.contacts
        ) % {"number": shown.contacts}
    return UrgentLine(shown, words[shown.state], TONES[shown.state], about)


def contacts_notified(shares: Iterable[Share]) -> dict[int, list[int]]:
    """For each share the contacts who were notified about the time it has now, in their order."""
    times = {share.pk: share.open_by for share in shares}
    steps = Escalation.objects.filter(share__in=times, contact__isnull=False).order_by("share", "number")
    notified: dict[int, list[int]] = defaultdict(list)
    for share_id, open_by, contact_id in steps.values_list("share", "open_by", "contact"):
        if times[share_id] == open_by:
            notified[share_id].append(contact_id)
    return notified


def steps_taken(shares: Iterable[Share]) -> dict[int, int]:
    """For each share how many steps were taken about the time it has now."""
    times = {share.pk: share.open_by for share in shares}
    steps: dict[int, int] = defaultdict(int)
    rows = Escalation.objects.filter(share__in=times).values_list("share", "open_by")
    for share_id, open_by in rows:
        steps[share_id] += times[share_id] == open_by
    return steps


def contacts_of(worklist: Worklist) -> list[User]:
    """The worklist's contacts who see its studies now, in their order; others are passed over."""
    return [contact.user for contact in contacts_in_order(worklist) if contact.sees]


def unopened(shares: Collection[Share]) -> list[Share]:
    """Those that no one has opened as an urgent share is to be."""
    deliveries = deliveries_of(list(shares))
    return [share for share in shares if deliveries[share.pk].urgent_opened is None]


def still_unopened(notice: Notice) -> bool:
    """Whether what an urgent notice is about still waits to be opened, when its mail is about to be sent."""
    share = notice.share
    if share is None:
        return False
    live = Share.objects.live().filter(press=share.press, open_by__isnull=False)
    of_recipient = live.filter(to_worklist=share.to_worklist_id, invitation=share.invitation_id)
    return bool(unopened(list(of_recipient)))
