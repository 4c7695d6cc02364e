"""An event as a page or a file shows it."""

from dataclasses import dataclass, replace
from datetime import datetime

from audit import history
from audit.folding import Fold
from audit.models import AuditEvent
from common.text import one_line


@dataclass(frozen=True)
class ShownEvent:
    event: AuditEvent
    who: str
    # Stays the same whatever the person calls themselves.
    mark: str
    email: str
    # Of the person's email, where the whole email is not shown.
    domain: str
    sentence: str
    action: str
    where: str
    account: str
    ip_address: str
    # Of each repeat that is folded into the line, newest first; of a line without repeats its own alone.
    moments: tuple[datetime, ...] = ()

    @property
    def about_who(self) -> str:
        """What stands below the name; of a person of another account the mark and the domain of their email."""
        return " · ".join(part for part in (self.email or self.domain, self.mark, self.ip_address) if part)


def shown_event(event: AuditEvent, *, is_ours: bool = True) -> ShownEvent:
    """`is_ours`: in the reader's own account. Other events show no IP address, and only the domain of the email."""
    email = history.email_in(event.by_label)
    return ShownEvent(
        event=event,
        who=history.who(event),
        mark=history.mark(event),
        email=email if is_ours else "",
        domain="" if is_ours else email.rpartition("@")[2],
        sentence=history.sentence(event),
        action=history.action_label(event),
        where=one_line(event.worklist_label),
        account=one_line(event.account_label),
        ip_address=(event.ip_address or "") if is_ours else "",
        moments=(event.at,),
    )


def shown_line(line: Fold, *, is_ours: bool = True) -> ShownEvent:
    """Of repeats the newest, with the moments of all."""
    return replace(shown_event(line.events[0], is_ours=is_ours), moments=line.moments)
