"""Invitations as their senders see them: each sees only their own."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Invitation
from audit.actor import Actor
from sharing.models import Share
from sharing.models.share import ShareQuerySet
from worklists.models import InvitedMembership


def invitations_of(by: Actor) -> QuerySet[Invitation]:
    """Invitations with a promise the person made, or that they made themselves.

    An invitation to work for an account is the account's: it stands in the administration, and here only for who
    promised something on it as well.
    """
    mine = Share.objects.filter(invitation=OuterRef("pk"), shared_by=by.person)
    return Invitation.objects.filter(Q(invited_by=by.person, membership=None) | Exists(mine))


def promises_of(invitation: Invitation) -> ShareQuerySet:
    """What still waits on an invitation, whoever promised it."""
    return Share.objects.promised().filter(invitation=invitation)


def is_waited_for(invitation: Invitation) -> bool:
    """Whether anything is left that this invitation is there for: a promise, or a membership."""
    return promises_of(invitation).exists() or waiting_membership(invitation) is not None


def waiting_membership(invitation: Invitation) -> InvitedMembership | None:
    """What an account offers with it, until it is accepted or taken back."""
    return InvitedMembership.objects.waiting().filter(invitation=invitation).first()
