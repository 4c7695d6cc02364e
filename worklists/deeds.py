"""A refusal that knows what it was about."""

from django.core.exceptions import PermissionDenied

from audit.services import On


class Refused(PermissionDenied):
    """A refusal with its sentence. `on` goes into the one line that whoever answers the request records."""

    def __init__(self, sentence: str, *, on: On | None = None) -> None:
        super().__init__(sentence)
        self.on = on or On()
