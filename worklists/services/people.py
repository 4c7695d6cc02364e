"""A person can no longer sign in, or has lost a second factor: what their programs sign in with ends too."""

from django.db import transaction

from accounts.models import User
from accounts.services.people import set_active_without_tokens
from accounts.services.second_factor import remove_second_factor_without_tokens
from audit.actor import Actor
from worklists import access
from worklists.services.tokens import end_tokens_of


@transaction.atomic
def set_active(*, user: User, active: bool, by: Actor) -> None:
    """Deactivate a person, who keeps every membership and cannot sign in, or reactivate them.

    Their sessions, access tokens and guest links end: they would work again on the day on which the person is
    reactivated.
    """
    set_active_without_tokens(user=user, active=active, by=by)
    if not active:
        end_tokens_of(owner=user, by=by)
        access.rights_were_lost(users=[user.pk])


@transaction.atomic
def remove_second_factor(*, user: User, by: Actor, why: str) -> None:
    """Remove all factors of a person who has lost them: they sign in with the password alone until they set one up.

    All their sessions and access tokens end: who found the factor may have made some.
    """
    remove_second_factor_without_tokens(user=user, by=by, why=why)
    end_tokens_of(owner=user, by=by)
