"""Values as COPY reads them."""

from datetime import UTC, datetime, timedelta

import numpy as np

from cimar.demo.scale.graph import DAY, FOREVER, NEVER

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS_BACK, DAYS_AHEAD = 42, 400


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", " ").replace("\n", " ").replace("\r", " ")


def nullable(value: object) -> str:
    return r"\N" if value is None else str(value)


def hyphened(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def uuids(random: np.random.Generator, number: int) -> list[str]:
    """As random ones are written: version 4."""
    digits = random.bytes(16 * number).hex()
    return [
        f"{part[:8]}-{part[8:12]}-4{part[13:16]}-a{part[17:20]}-{part[20:]}"
        for part in (digits[start : start + 32] for start in range(0, 32 * number, 32))
    ]


class Moments:
    """Seconds since 1970 as text, by look-up: formatting tens of millions takes longer than loading them."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.first = now // DAY - YEARS_BACK * 366
        last = now // DAY + DAYS_AHEAD
        days = [EPOCH + timedelta(days=day) for day in range(self.first, last)]
        self.days = [f"{day:%Y-%m-%d}" for day in days]
        clock = [(s // 3600, s // 60 % 60, s % 60) for s in range(DAY)]
        self.seconds = [f" {h:02}:{m:02}:{s:02}+00" for h, m, s in clock]
        self.digits = [f"{h:02}{m:02}{s:02}" for h, m, s in clock]

    def date(self, day: int) -> str:
        return self.days[day - self.first]

    def at(self, moment: int) -> str:
        day, second = divmod(moment, DAY)
        return self.days[day - self.first] + self.seconds[second]

    def until(self, moment: int) -> str:
        if moment == FOREVER:
            return "9999-12-31 00:00:00+00"
        return "1970-01-01 00:00:00+00" if moment == NEVER else self.at(moment)
