"""An event as a line of a page or a file."""

from dataclasses import dataclass

from audit import history
from audit.models import AuditEvent
from common.text import one_line


@dataclass(frozen=True)
class Line:
    event: AuditEvent
    who: str
    email: str
    sentence: str
    action: str
    where: str
    account: str
    ip_address: str


def line_of(event: AuditEvent, *, is_ours: bool = True) -> Line:
    """Of what happened outside the reader's own account they see who and where, but no email and no IP address."""
    return Line(
        event=event,
        who=history.who(event),
        email=history.email_in(event.by_label) if is_ours else "",
        sentence=history.sentence(event),
        action=history.action_label(event),
        where=one_line(event.worklist_label),
        account=one_line(event.account_label),
        ip_address=(event.ip_address or "") if is_ours else "",
    )
