"""A call of every service that writes, or that shows something."""

import audit.services
from audit.actions import Action
from audit.actor import OPERATOR
from audit.services import On
from tests.bursts import record_a_burst
from tests.cast import acting
from tests.product.account_calls import ACCOUNTS
from tests.product.call_parts import Call
from tests.product.picker_calls import PICKER, RECIPIENT_LISTS
from tests.product.sharing_calls import SHARING
from tests.product.study_calls import STUDIES
from tests.product.token_calls import TOKENS
from tests.product.urgent_calls import URGENT_CONTACTS
from tests.product.worklist_calls import WORKLISTS

AUDIT: dict[str, Call] = {
    "recording.record": lambda w: audit.services.record(Action.SIGN_OUT, by=acting(w.cast.ana)),
    "recording.read_and_record": lambda w: audit.services.read_and_record(
        "SELECT 1", [], action=Action.LIST_READ, by=acting(w.cast.ana), on=On()
    ),
    "recording.record_all": lambda w: audit.services.record_all(
        [audit.services.event(Action.SIGN_OUT, by=OPERATOR, on=On())]
    ),
    "refusals.record_bursts": lambda w: record_a_burst(w.cast.ana),
    "refusals.record_failed_sign_in": lambda w: audit.services.record_failed_sign_in(
        by=acting(w.cast.ana), on=On(), outcome="failed", of=w.cast.ana.pk
    ),
    "refusals.record_denied": lambda w: audit.services.record_denied(by=acting(w.cast.ana), what="a test"),
}

ROWS = {
    f"{app}.{name}": call
    for app, calls in {
        "audit": AUDIT,
        "accounts": ACCOUNTS,
        "worklists": WORKLISTS | TOKENS | URGENT_CONTACTS,
        "studies": STUDIES | PICKER,
        "sharing": SHARING | RECIPIENT_LISTS,
    }.items()
    for name, call in calls.items()
}
