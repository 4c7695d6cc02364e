"""An event as a page or a file shows it."""

from dataclasses import dataclass

from audit import history
from audit.models import AuditEvent
from common.text import one_line


@dataclass(frozen=True)
class ShownEvent:
    event: AuditEvent
    who: str
    email: str
    sentence: str
    action: str
    where: str
    account: str
    ip_address: str


def shown_event(event: AuditEvent, *, is_ours: bool = True) -> ShownEvent:
    """`is_ours`: in the reader's own account. Of other events only who and where are shown, no email or IP address."""
    return ShownEvent(
        event=event,
        who=history.who(event),
        email=history.email_in(event.by_label) if is_ours else "",
        sentence=history.sentence(event),
        action=history.action_label(event),
        where=one_line(event.worklist_label),
        account=one_line(event.account_label),
        ip_address=(event.ip_address or "") if is_ours else "",
    )
