"""Which of the standard's options are used, and what a single download replaces values by."""

import hmac
import secrets
import uuid
from dataclasses import dataclass, field

from pydicom.tag import BaseTag

from studies.deidentified.table import CHARACTERISTICS, DEVICE, MAKE
from studies.deidentified.vocabulary import meaning_of

REMOVE, SHIFT, KEEP = "remove", "shift", "keep"
SHIFTED_BY = (30, 3650)


@dataclass(frozen=True)
class Options:
    """Of the standard's options, those that are offered. Everything is off unless it is asked for."""

    dates: str = REMOVE
    device: bool = False
    characteristics: bool = False
    descriptors: bool = False

    @property
    def kept(self) -> frozenset[BaseTag]:
        return (DEVICE | MAKE if self.device else frozenset()) | (
            CHARACTERISTICS if self.characteristics else frozenset()
        )

    @property
    def methods(self) -> list[tuple[str, str]]:
        """Codes and meanings of PS3.16 CID 7050."""
        used = {
            "113100": True,
            "113105": self.descriptors,
            "113106": self.dates == KEEP,
            "113107": self.dates == SHIFT,
            "113108": self.characteristics,
            "113109": self.device,
        }
        return [(code, meaning_of("DCM", code)) for code, is_used in used.items() if is_used]


@dataclass(frozen=True)
class Secrets:
    """What one download replaces values by: the same value by the same, and nobody can tell which it was.

    The key is kept nowhere, so that not even this installation can lead a value back.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def uid(self, uid: str) -> str:
        return f"2.25.{uuid.UUID(bytes=self._digest('uid', uid)[:16], version=4).int}"

    def pseudonym(self, patient: str) -> str:
        return f"ANON{self._digest('patient', patient).hex()[:12].upper()}"

    def days(self, patient: str) -> int:
        """By how many days the dates of a patient are made earlier."""
        least, most = SHIFTED_BY
        return least + int.from_bytes(self._digest("days", patient)[:8], "big") % (most - least)

    def _digest(self, what: str, value: str) -> bytes:
        return hmac.digest(self.key, f"{what} {value}".encode(), "sha256")
