"""Counts the events of the audit trail once they are committed. The audit app loads it by CIMAR_AUDIT_COUNTER."""

from collections import Counter

from audit.actions import Action
from audit.models import AuditEvent
from cimar.metrics import numbers

# One press of Share Studies leaves one of these per study and target; what became of it, where the event does not say.
OF_A_PRESS: dict[str, str] = {
    Action.SHARE_ADD: "shared",
    Action.SHARE_CHANGE: "changed",
    Action.REFUSED: "refused",
}


class EventCounts:
    """What one transaction records. Both lists of labels are short: the actions, and methods by outcomes."""

    def __init__(self) -> None:
        self.events: Counter[tuple[str, str]] = Counter()
        self.shares: Counter[tuple[str, str]] = Counter()

    def add(self, event: AuditEvent) -> None:
        # The event that closes a burst of refusals tells of those that were counted when they came.
        self.events[event.action, event.outcome] += "again" not in event.detail
        if preset := OF_A_PRESS.get(event.action):
            # Both are words of ours: the form took no other method, and outcomes are what the service answers.
            self.shares[str(event.detail.get("method", "")), str(event.detail.get("outcome", preset))] += 1

    def count(self) -> None:
        for labels, number in self.events.items():
            numbers.EVENTS.labels(*labels).inc(number)
        for labels, number in self.shares.items():
            numbers.SHARES.labels(*labels).inc(number)
