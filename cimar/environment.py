"""What differs between machines: variables, secrets that stand in files, and what is missing, said all at once."""

from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class Environment:
    """Reads variables and remembers what is wrong with them, so that one start tells all of it.

    A secret is read from NAME, or from the file that NAME_FILE names: a file shows in no list of processes and in no
    `docker inspect`. The line feed that editors leave at its end is not part of it.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.complaints: list[str] = []

    def __contains__(self, name: str) -> bool:
        return bool(self._variables.get(name) or self._variables.get(f"{name}_FILE"))

    def text(self, name: str, default: str = "") -> str:
        return self._variables.get(name, "").strip() or default

    def secret(self, name: str, default: str = "") -> str:
        value, file = self._variables.get(name, ""), self._variables.get(f"{name}_FILE", "")
        if value and file:
            self.complain(
                f"{name} and {name}_FILE are both set. Unset one, so that it is plain which counts."
            )
        if value or not file:
            return value or default
        try:
            return Path(file).read_text().strip() or default
        except (OSError, UnicodeDecodeError) as error:
            self.complain(f"{name}_FILE names {file}, which cannot be read ({type(error).__name__}).")
            return default

    def listed(self, name: str) -> list[str]:
        """Parted by commas; in a file by lines alone, since a key may hold a comma."""
        parts = self.secret(name).split("\n" if self._variables.get(f"{name}_FILE") else ",")
        return [part.strip() for part in parts if part.strip()]

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if value and value not in TRUE | FALSE:
            self.complain(f"{name} is {value!r}. Set it to 1 or 0.")
        return value in TRUE if value in TRUE | FALSE else default

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if value and not value.isdecimal():
            self.complain(f"{name} is {value!r}. Set it to a whole number.")
        return int(value) if value.isdecimal() else default

    def complain(self, sentence: str) -> None:
        self.complaints.append(sentence)

    def check(self) -> None:
        """Refuse to start, once, with everything that has to be put right."""
        if self.complaints:
            raise ImproperlyConfigured("\n".join(self.complaints))
