"""Invitations as their senders see them: each sees only their own."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Invitation
from audit.actor import Actor
from sharing.models import Share
from sharing.models.share import ShareQuerySet
from worklists.models import InvitedMembership, InvitedUpload
from worklists.selectors.upload_invitations import upload_waits_on


def invitations_of(by: Actor) -> QuerySet[Invitation]:
    """Invitations with a promise the person made, or that they made themselves.

    An invitation to work for an account, or to send studies to it, is the account's: it is shown in the administration,
    and here only to a person who promised something on it as well.
    """
    mine = Share.objects.filter(invitation=OuterRef("pk"), shared_by=by.person)
    to_send = InvitedUpload.objects.filter(invitation=OuterRef("pk"))
    own = Q(invited_by=by.person, membership=None) & ~Exists(to_send)
    return Invitation.objects.filter(own | Exists(mine))


def promises_of(invitation: Invitation) -> ShareQuerySet:
    """The promises that still wait on an invitation, by any sharer."""
    return Share.objects.promised().filter(invitation=invitation)


def is_waited_for(invitation: Invitation) -> bool:
    """Whether a promise, a membership or an upload address still waits on this invitation."""
    return (
        promises_of(invitation).exists()
        or waiting_membership(invitation) is not None
        or upload_waits_on(invitation)
    )


def waiting_membership(invitation: Invitation) -> InvitedMembership | None:
    """The membership that an account offers with it, until it is accepted or withdrawn."""
    return InvitedMembership.objects.waiting().filter(invitation=invitation).first()
