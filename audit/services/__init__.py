"""The only door to the audit trail."""

from audit.services.recording import BATCH, On, event, read_and_record, record, record_all
from audit.services.refusals import record_bursts, record_denied, record_failed_sign_in

__all__ = [
    "BATCH",
    "On",
    "event",
    "read_and_record",
    "record",
    "record_all",
    "record_bursts",
    "record_denied",
    "record_failed_sign_in",
]
