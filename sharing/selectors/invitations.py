"""Invitations as their senders see them: each sees only their own."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Invitation, User
from sharing.models import Share


def invitations_of(user: User) -> QuerySet[Invitation]:
    """Invitations with a promise the person made, or that they made themselves."""
    mine = Share.objects.filter(invitation=OuterRef("pk"), shared_by=user)
    return Invitation.objects.filter(Q(invited_by=user) | Exists(mine))


def promises_of(invitation: Invitation) -> QuerySet[Share]:
    """What still waits on an invitation, whoever promised it."""
    return Share.objects.filter(invitation=invitation, to_worklist=None, ended_at=None)
