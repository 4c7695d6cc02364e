"""Registration: pending memberships and promised shares become the new person's."""

from django.db import transaction

from accounts.locks import lock_emails
from accounts.models import Invitation, User
from accounts.services import registration
from audit.actor import Actor
from sharing.services.promises import claim_promises
from worklists.services import claim_memberships


def register_invited(*, invitation: Invitation, name: str, password: str, code: str, by: Actor) -> User:
    """Register the invited person and give them what waits for them, in one transaction.

    `by` is the visitor, who is not a user until then; `password` is hashed already. The try at the code is counted, and
    committed, before that transaction. Raises ValidationError with a sentence.
    """
    registration.prove_code(invitation=invitation, code=code, by=by)
    with transaction.atomic():
        lock_emails([invitation.email])
        user = registration.register(invitation=invitation, name=name, password=password, code=code, by=by)
        claim_what_waits(by=Actor.of(user, by.ip_address))
    return user


@transaction.atomic
def claim_what_waits(*, by: Actor) -> None:
    """Memberships and promised shares for the person's verified emails become theirs.

    Called whenever an email becomes verified and at every sign-in; calling it again does nothing more. Memberships
    are claimed first, in the order of the locks: accounts before studies.
    """
    claim_memberships(by=by)
    claim_promises(by=by)
