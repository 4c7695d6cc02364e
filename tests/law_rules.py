"""Rules of an account in the property test of the law: what they forbid is refused, and changes no placement."""

from typing import Any

from django.core.exceptions import ValidationError
from hypothesis import strategies as st
from hypothesis.stateful import rule

from accounts.models import AccountMembership
from sharing import services
from sharing.models import Method, Share, ShareRule
from sharing.targets import Target
from studies.models import Placement
from tests.cast import acting

WAYS = ["", Method.LOCATION, Method.GROUP, Method.PHYSICIAN, Method.CODE, Method.EMAIL]
TO = ["anyone", "inside", "outside"]
# The code of the world that is Northgate’s.
OWN_CODES = {"CHEST"}


class WithRules:
    """A rule of Northgate forbids, a share is tried, and the rule is removed: what was shared before stays."""

    ruled: tuple[str, str] | None

    def begin_rules(self) -> None:
        self.ruled = None

    @rule(
        way=st.sampled_from(WAYS),
        whom=st.sampled_from(TO),
        source=st.integers(0, 20),
        to=st.integers(0, 20),
    )
    def a_rule_forbids(self: Any, way: str, whom: str, source: int, to: int) -> None:
        made = self.forbid(way, whom)
        self.share_from(self.placed(), source, to, None)
        self.lift(made)

    @rule(often=st.integers(0, 2))
    def a_rule_forbids_what_waits(self: Any, often: int) -> None:
        """Between a share and its approval."""
        waiting = [
            pk for pk, grant in self.grants.items() if not grant.dead and not grant.approved and grant.to
        ]
        if not waiting or often:
            return
        self.settle_model(self.now())
        share = Share.objects.select_related("from_worklist", "to_worklist").get(pk=min(waiting))
        if self.grants[share.pk].dead or share.to_worklist.account_id is None:
            return
        made = self.forbid("", "anyone")
        refused = False
        try:
            services.decide_share(share=share.uuid, by=acting(self.world.cast.adam), approve=True)
        except ValidationError:
            refused = True
        assert refused == self.speaks(share.from_worklist_id)
        if refused:
            self.met["approval ruled out"] += 1
        else:
            self.deed("approve")
            self.grants[share.pk].approved = True
        self.settle_model(self.now())
        self.lift(made)

    def forbid(self: Any, way: str, whom: str) -> ShareRule:
        self.ruled = (str(way), whom)
        cast = self.world.cast
        return services.add_share_rule(
            account=cast.northgate, allows=False, method=str(way), to=whom, by=acting(cast.adam)
        )

    def lift(self: Any, made: ShareRule) -> None:
        services.remove_share_rule(rule=made, by=acting(self.world.cast.adam))
        self.ruled = None

    def check_ruled(self: Any, placement: Placement, wanted: Target, outcome: str) -> None:
        """By hand: does the rule speak there, is it about this way, and is the recipient in or outside Northgate?"""
        if self.ruled is None or not self.speaks(placement.worklist_id):
            return
        way, whom = self.ruled
        if way in ("", wanted.method) and (whom == "anyone" or (whom == "inside") == self.is_inside(wanted)):
            self.met["ruled out"] += 1
            assert outcome == "refused"

    def speaks(self: Any, worklist: int) -> bool:
        """Northgate's rules speak on its worklists, and on the personal worklists of its active members."""
        cast = self.world.cast
        if worklist in (cast.ct.pk, cast.emergency.pk, cast.cardiology.pk, cast.chest.pk):
            return True
        return any(
            worklist == person.personal_worklist.pk and self.is_member(person)
            for person in (cast.ben, cast.vera)
        )

    def is_member(self: Any, person: Any) -> bool:
        account = self.world.cast.northgate
        return AccountMembership.objects.get(user=person, account=account).active

    def is_inside(self: Any, wanted: Target) -> bool:
        if wanted.method == Method.CODE:
            return wanted.value in OWN_CODES
        if wanted.method == Method.EMAIL:
            return wanted.value == self.world.cast.ben.email and self.is_member(self.world.cast.ben)
        return True
