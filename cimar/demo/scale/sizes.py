"""How much there is of everything beside a number of studies."""

from dataclasses import dataclass

CHUNK = 10_000
FEWEST = 1_000
# Three studies in ten stand on one worklist: half have their home there, half came by a share.
BIG_HOME, BIG_SHARED, BIG_OF = 3, 3, 20


@dataclass(frozen=True)
class Sizes:
    """At 1,000,000 studies: 20,000 people, 300,000 placements on one worklist, 5,000 people on 300 worklists."""

    studies: int

    @property
    def people(self) -> int:
        return max(120, min(20_000, self.studies // 50))

    @property
    def trust_people(self) -> int:
        """In the account whose members are all on every worklist under one role."""
        return self.people // 4

    @property
    def outsiders(self) -> int:
        """In no account: reached by email alone."""
        return self.people // 20

    @property
    def trust_worklists(self) -> int:
        return max(12, min(300, self.studies // 3_333))

    @property
    def hospitals(self) -> int:
        return max(4, min(40, self.studies // 25_000))

    @property
    def worklists_of_a_hospital(self) -> int:
        return 12

    @property
    def with_images(self) -> int:
        """Studies that have instance rows, and bytes to show; of the others only the counts are kept."""
        return max(20, min(2_000, self.studies // 100))
