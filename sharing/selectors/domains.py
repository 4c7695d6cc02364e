"""The email domains that an organisation's recipients have: to ask about a domain that looks mistyped."""

from collections.abc import Collection

from django.db.models import Q

from accounts.models import Invitation, User

# The latest invitations: a read with a bound.
LATEST = 1_000


def known_domains(person: User, account_ids: Collection[int]) -> frozenset[str]:
    """Domains alone, never whose they are: of the person, and of recipients of these accounts. One statement.

    Only invitations that were accepted count: a mail arrived there, so that the domain was not mistyped.
    """
    ours = Q(account__in=account_ids) | Q(by_user=person)
    accepted = Invitation.objects.filter(ours, accepted_at__isnull=False).order_by("-pk")
    emails = [person.email, *accepted.values_list("email", flat=True)[:LATEST]]
    return frozenset(email.rpartition("@")[2].lower() for email in emails)
