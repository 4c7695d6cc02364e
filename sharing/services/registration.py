"""Somebody comes: what was kept for their address becomes theirs, memberships first and then promised shares."""

from django.db import transaction

from accounts.locks import lock_addresses
from accounts.models import Invitation, User
from accounts.services import registration
from sharing.services.promises import claim_promises
from worklists.services import claim_memberships


def register_invited(
    *,
    invitation: Invitation,
    name: str,
    password: str,
    code: str,
    address: str | None = None,
) -> User:
    """Register the invited person and give them what waits for them, in one transaction.

    `password` is hashed already; `address` is the visitor's network address. The try at the code is taken, and
    committed, before that transaction. Raises ValidationError with a sentence.
    """
    registration.prove_code(invitation=invitation, code=code, address=address)
    with transaction.atomic():
        lock_addresses([invitation.address])
        user = registration.register(invitation=invitation, name=name, password=password, code=code)
        claim_what_waits(user=user)
    return user


@transaction.atomic
def claim_what_waits(*, user: User) -> None:
    """Memberships and promised shares for the person's verified addresses become theirs.

    Called whenever an address becomes verified and at every sign-in; calling it again does nothing more. Memberships
    come first, as the locks do: accounts before studies.
    """
    claim_memberships(user=user)
    claim_promises(user=user)
