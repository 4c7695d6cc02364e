"""Invitations to send studies to an upload address."""

from django.db.models import QuerySet

from accounts.models import Invitation
from worklists.models import InvitedUpload, Worklist


def invited_to_upload(worklist: Worklist) -> QuerySet[InvitedUpload]:
    """Those that wait on a worklist, the newest first, with their invitations; also the expired."""
    rows = InvitedUpload.objects.waiting().filter(worklist=worklist)
    return rows.select_related("invitation", "offered_by").order_by("-offered_at", "-pk")


def upload_waits_on(invitation: Invitation) -> bool:
    return InvitedUpload.objects.filter(invitation=invitation, ended_at=None).exists()


def upload_address_of(invitation: Invitation) -> Worklist | None:
    """The worklist to whose upload address the person was invited last, where the address works; with its account."""
    rows = InvitedUpload.objects.filter(
        invitation=invitation, ended_at=None, worklist__inbox__isnull=False, worklist__takes_shares=True
    )
    row = rows.select_related("worklist__account").order_by("-offered_at", "-pk").first()
    return row.worklist if row is not None else None
