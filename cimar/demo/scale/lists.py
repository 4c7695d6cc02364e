"""The worklists and people of generated data as the makers of its rows know them: numbers and texts, no models."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ScalePlace:
    """A worklist as the makers of rows see it. `owner` is there for a personal one alone."""

    id: int
    uuid: str
    kind: str
    account: int | None
    account_label: str
    label: str
    needs_approval: bool = False
    owner: int | None = None


@dataclass(frozen=True)
class ScaleMember:
    id: int
    name: str
    email: str
    account: int | None
    personal: int  # where it stands among the places


@dataclass
class ScaleDirectory:
    places: list[ScalePlace] = field(default_factory=list)
    members: list[ScaleMember] = field(default_factory=list)
    big: int = 0  # these are all positions in the lists above
    of_account: dict[int, list[int]] = field(default_factory=dict)  # locations and groups
    people_of: dict[int, list[int]] = field(default_factory=dict)
    coded: list[int] = field(default_factory=list)
