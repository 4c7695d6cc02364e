"""Situations that chance alone meets too seldom in the property test of the law: deeds told in their order."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.law_world import ADDRESSES, CODE_THAT_ASKS, FIRST_ADDRESS, GROUP_THAT_ASKS


class WithSituations:
    """Each is some of the rules, one after the other."""

    @rule(to=st.integers(0, 20))
    def an_end_is_changed(self: Any, to: int) -> None:
        """The same share pressed again with a later end."""
        home = [each for each in self.placed() if each.is_home]
        self.share_from(home, 0, to, 1)
        self.share_from(home, 0, to, 4)

    @rule(onward=st.integers(0, 6))
    def an_approved_share_ends_and_one_that_waits_is_left(self: Any, onward: int) -> None:
        home = [each for each in self.placed() if each.is_home]
        self.share_from(home, 0, GROUP_THAT_ASKS, None)
        self.share_from(home, 0, CODE_THAT_ASKS, None)
        if not any(not grant.approved for grant in self.living()):
            return
        self.decide(approve=True)
        there = [each for each in self.placed() if each.worklist_id == self.world.cast.chest.pk]
        self.share_from(there, 0, onward, None)
        approved = [
            pk
            for pk, grant in sorted(self.grants.items())
            if not grant.dead and grant.to == there[0].worklist_id and grant.approved
        ]
        for pk in approved:
            # Ending one may have ended the next: a share that came back to the group in a circle.
            living = sorted(each for each, grant in self.grants.items() if not grant.dead)
            if pk in living:
                self.end(which=living.index(pk))

    @rule(keep=st.booleans())
    def a_person_comes_in_time_or_too_late(self: Any, keep: bool) -> None:
        which = 0 if keep else 1
        if ADDRESSES[which] in self.registered:
            return
        home = [each for each in self.placed() if each.is_home]
        self.share_from(home, 0, FIRST_ADDRESS + which, None if keep else 1)
        if not keep:
            self.time_passes(hours=25)
        self.claim(which=which)

    @rule(to_end=st.booleans())
    def an_invitation_is_withdrawn(self: Any, to_end: bool) -> None:
        emails = [number for number, email in enumerate(ADDRESSES) if email not in self.registered]
        if not emails:
            return
        home = [each for each in self.placed() if each.is_home]
        self.share_from(home, 0, FIRST_ADDRESS + emails[-1], 4 if to_end else None)
        self.withdraw(which=len(self.invited) - 1)
