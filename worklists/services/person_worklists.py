"""A person of an account, added to several of its worklists at once."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import AccountMembership, Role
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from worklists import access
from worklists.events import about, acting_as, on_worklist
from worklists.models import Worklist, WorklistMembership
from worklists.permissions import check_administers, check_may_give_roles
from worklists.selectors.tokens import NO_WORKLIST
from worklists.services.common import check_role_is_of, given, locked, standing
from worklists.services.worklists import GONE

LEFT = gettext_noop("This person is no longer a member of the account.")
MOST_AT_ONCE = 200


@transaction.atomic
def add_to_worklists(
    *, membership: AccountMembership, worklists: Sequence[Worklist], by: Actor, role: Role | None = None
) -> list[WorklistMembership]:
    """Under one role of their own or (None) what applies on each: to all of them or, with a sentence, to none."""
    account = locked(membership.account_id)
    may_give = check_administers(by, account)
    check_role_is_of(account, role)
    member = (
        AccountMembership.objects.select_related("user").filter(pk=membership.pk, account=account).first()
    )
    if member is None:
        raise ValidationError(_(LEFT), code="outsider")
    user, places = member.user, _checked(member, worklists)
    before = standing(account, user_id=user.pk)
    made = WorklistMembership.objects.bulk_create(
        WorklistMembership(worklist=place, user=user, account=account, role=role) for place in places
    )
    gives = given(before, standing(account, user_id=user.pk)) | ({role.pk} if role is not None else set())
    check_may_give_roles(may_give, gives, account)
    access.sync(account=account, worklists=[place.pk for place in places], users=[user.pk])
    record_all(
        event(Action.WORKLIST_MEMBER_ADD, by=by, on=on_worklist(place, **about(user), **acting_as(role)))
        for place in places
    )
    return made


def _checked(member: AccountMembership, worklists: Sequence[Worklist]) -> list[Worklist]:
    """The worklists as they are now. Under the account's lock none is deleted before the transaction ends."""
    pks = {worklist.pk for worklist in worklists}
    if not pks:
        raise ValidationError(_(NO_WORKLIST), code="nothing")
    if len(pks) > MOST_AT_ONCE:
        sentence = _("A person can be added to at most %(most)s worklists at once.")
        raise ValidationError(sentence % {"most": MOST_AT_ONCE}, code="many")
    ours = Worklist.objects.with_names().filter(account=member.account_id, owner=None)
    places = list(ours.filter(pk__in=pks).order_by("pk"))
    if len(places) < len(pks):
        raise ValidationError(_(GONE), code="gone")
    there = WorklistMembership.objects.filter(user=member.user_id, worklist__in=pks)
    if already := sorted(there.values_list("worklist__name", flat=True)):
        sentence = _("This person is already a member of: %(names)s.")
        raise ValidationError(sentence % {"names": ", ".join(already)}, code="member")
    return places
