"""An event as a line of a page whose reader may know who did it and from where."""

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


def line_of(event: AuditEvent) -> Line:
    return Line(
        event=event,
        who=history.who(event),
        email=history.email_in(event.by_label),
        sentence=history.sentence(event),
        action=history.action_label(event),
        where=one_line(event.worklist_label),
        account=one_line(event.account_label),
        ip_address=event.ip_address or "",
    )
