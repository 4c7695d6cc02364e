"""Registration: the membership on the invitation, and promised shares, become the new person's."""

from django.db import transaction

from accounts.locks import lock_emails
from accounts.models import Invitation, User
from accounts.services import registration
from audit.actor import Actor
from sharing.services.promises import claim_promises
from worklists.services import end_invited_uploads, join_by_registration


def register_invited(*, invitation: Invitation, name: str, password: str, code: str, by: Actor) -> User:
    """Register the invited person and give them what was offered by it and what was promised, in one transaction.

    `by` is the visitor, who is not a user until then; `password` is hashed already. The try at the code is counted, and
    committed, before that transaction. Raises ValidationError with a sentence.
    """
    registration.prove_code(invitation=invitation, code=code, by=by)
    with transaction.atomic():
        lock_emails([invitation.email])
        user = registration.register(invitation=invitation, name=name, password=password, code=code, by=by)
        by = Actor.of(user, by.ip_address)
        # In the order of the locks: accounts before studies.
        join_by_registration(invitation=invitation, by=by)
        end_invited_uploads(invitation=invitation)
        claim_promises(by=by)
    return user
