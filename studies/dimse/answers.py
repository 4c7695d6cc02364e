"""The status of each answer, as PS3.4 and PS3.7 have them, with a comment that fits into its 64 characters."""

import logging
from typing import Any

from django.db import Error as DatabaseError
from pydicom.dataset import Dataset

from common.exceptions import Refused
from studies.ingest.refusals import (
    FEWER_PIXELS,
    NO_PIXELS,
    OTHER_BYTES,
    OTHER_ISSUER,
    OTHER_MRN,
    OTHER_PERSON,
)
from studies.services.receiving import OTHER_INSTANCE

log = logging.getLogger(__name__)

SUCCESS = 0x0000
FAILED, NO_SUCH_ARGUMENT, INVALID_ARGUMENT = 0x0110, 0x0114, 0x0115
NOT_AUTHORIZED, NO_SUCH_ACTION = 0x0124, 0x0123
NO_RESOURCES, NO_MATCH, NOT_UNDERSTOOD = 0xA700, 0xA900, 0xC000
LONGEST_COMMENT = 64
# Of the range "cannot understand", a code for each reason that a sender may want to tell apart.
REASONS = {
    OTHER_INSTANCE: (NO_MATCH, "The data set is another instance than the command"),  # allowed: for programs
    FEWER_PIXELS: (0xC001, "Less image data than it should have"),  # allowed: for programs
    NO_PIXELS: (0xC002, "An image without image data"),  # allowed: for programs
    OTHER_BYTES: (0xC010, "Other bytes are stored under this SOP Instance UID"),  # allowed: for programs
    OTHER_MRN: (0xC011, "Another Patient ID than the study's"),  # allowed: for programs
    OTHER_ISSUER: (0xC012, "Another Issuer of Patient ID than the study's"),  # allowed: for programs
    OTHER_PERSON: (0xC013, "Another patient than the study's"),  # allowed: for programs
}


def answer(status: int, comment: str = "") -> Dataset:
    response = Dataset()
    response.Status = status
    if comment:
        plain = comment[:LONGEST_COMMENT].replace("\\", "/")
        response.ErrorComment = plain.encode("ascii", "replace").decode()
    return response


def refusal(sentence: str) -> Dataset:
    """The status of an object that was refused with this sentence; no sentence repeats what the object says."""
    return answer(*REASONS.get(sentence, (NOT_UNDERSTOOD, sentence)))


def failure(error: Exception) -> Dataset:
    """The status of an answer that an error made impossible; what the error says is not logged."""
    if isinstance(error, Refused):
        return answer(NOT_AUTHORIZED, "The sender may not store here")  # allowed: for programs
    log.error("a DIMSE request failed: %s", type(error).__name__)
    if isinstance(error, OSError | DatabaseError | MemoryError):
        return answer(NO_RESOURCES, "Not stored now: send it again")  # allowed: for programs
    return answer(FAILED, "An error of the receiver")  # allowed: for programs


def uid_of(value: Any) -> str:
    return str(value or "").strip("\0 ")
