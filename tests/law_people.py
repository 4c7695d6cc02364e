"""People who come and go in the property test of the law: leavers, and promises that are claimed or withdrawn."""

from typing import Any

from django.core.exceptions import ValidationError
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.models import AccountMembership, Invitation
from audit.actor import OPERATOR
from sharing import services
from sharing.models import Method, Share
from tests.cast import acting
from tests.factories import make_user
from tests.law_world import ADDRESSES
from worklists.services import reactivate_member


class WithPeople:
    """Deeds that end or move what a person's own worklist holds."""

    @rule(who=st.sampled_from(["ben", "vera"]), often=st.integers(0, 2))
    def leave(self: Any, who: str, often: int) -> None:
        if often:
            return
        cast = self.world.cast
        person = getattr(cast, who)
        membership = AccountMembership.objects.get(user=person, account=cast.northgate)
        if not membership.active:
            reactivate_member(membership=membership, by=OPERATOR)
            return
        before = self.living()
        physician = self.lost_by_leaving(person)
        services.leave_account(membership=membership.pk, by=acting(cast.adam))
        self.met["leave"] += 1
        if not physician:
            return
        self.stale = False
        self.settle_model(self.now())
        for pk in physician:
            self.grants[pk].dead = True
        self.settle_model(self.now())
        self.note_losses(before)

    def lost_by_leaving(self: Any, person: Any) -> list[int]:
        shares = Share.objects.filter(
            study=self.study,
            ended_at=None,
            method=Method.PHYSICIAN,
            account=self.world.cast.northgate,
            to_worklist__owner=person,
        )
        return list(shares.values_list("pk", flat=True))

    @precondition(lambda self: self.invited)
    @rule(which=st.integers(0, 1))
    def claim(self: Any, which: int) -> None:
        email = ADDRESSES[which]
        if email in self.registered:
            return
        waiting = [
            pk
            for pk, invitation in self.invited.items()
            if Invitation.objects.filter(pk=invitation, email=email, withdrawn_at=None).exists()
        ]
        person = make_user(f"Person {which}", email=email)
        self.registered.add(email)
        self.actors[person.personal_worklist.pk] = person
        now = self.now()
        expired = {
            pk
            for pk in waiting
            if Invitation.objects.filter(pk=self.invited[pk], expires_at__lte=now).exists()
        }
        unended = set(Share.objects.filter(pk__in=waiting, ended_at=None).values_list("pk", flat=True))
        services.claim_promises(by=acting(person))
        self.met["claim"] += 1
        if unended - expired:
            self.stale = False
            self.settle_model(self.now())
        for pk in waiting:
            grant = self.grants[pk]
            if pk in expired:
                continue
            del self.invited[pk]
            if grant.dead:
                self.met["promise dead"] += 1
            else:
                grant.to = person.personal_worklist.pk
                self.met["promise claimed"] += 1

    @precondition(lambda self: self.invited)
    @rule(which=st.integers(0, 20))
    def withdraw(self: Any, which: int) -> None:
        pks = sorted(pk for pk in self.invited if not self.grants[pk].dead)
        if not pks:
            return
        pk = pks[which % len(pks)]
        share = Share.objects.select_related("invitation", "shared_by").get(pk=pk)
        try:
            services.withdraw_invitation(invitation=share.invitation.uuid, by=acting(share.shared_by))
        except ValidationError:
            return
        self.deed("withdraw")
        self.settle_model(self.now())
        for other in list(self.invited):
            mine = Share.objects.get(pk=other).shared_by_id == share.shared_by_id
            if mine and self.invited[other] == share.invitation_id:
                self.grants[other].dead = True
                del self.invited[other]
