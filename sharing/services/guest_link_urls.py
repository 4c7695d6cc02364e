"""A new URL for a guest link whose maker has lost the URL: the link stays as it is, and the old URL is dead at once."""

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.services import limits
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing import permissions
from sharing.models import GuestLink, GuestLinkStudy
from sharing.models.guest_link import State
from sharing.selectors.guest_link_rows import LinkRow, link_seen_by
from sharing.services.guest_link_reads import preview_guest_link
from sharing.services.guest_links import OVER, check_rules, locked_link, mail_link, record_link


def renew_guest_link(*, link: UUID, generation: int, by: Actor, mail: bool = False) -> GuestLink:
    """Give a link of one's own that can be opened the URL of its next generation, and its SMART Health Link with it.

    `generation` is the link's on the form, which may be sent twice: the second time the URL that it made is answered.
    Visits that began by the old URL end with their next request. With `mail` the recipient is sent the new URL. It
    counts against the limit of new links, and of emails, before the transaction begins. Raises NothingThere,
    PermissionDenied, and ValidationError where it cannot be opened, or has no email to send to.
    """
    row = link_seen_by(by, link)
    if row is None:
        raise NothingThere
    check_may_renew(row.link, by)
    if mail and not row.link.recipient_email:
        raise ValidationError(
            _("This guest link has no email address to send the new URL to."), code="no_email"
        )
    limits.count_guest_link(by=by, account=row.link.worklist.account_id)
    limits.count_emails(by=by, account=row.link.worklist.account_id, emails=1 if mail else 0)
    return _renew(link, generation, by, mail)


def check_may_renew(link: GuestLink, by: Actor) -> None:
    """Whether the person, who sees the link, may give it a new URL now; raises as `renew_guest_link`."""
    if link.made_by_id != by.user_id:
        raise PermissionDenied(_("Only the person who made a guest link can make a new URL for it."))
    if link.state is not State.OPEN:
        raise ValidationError(_(OVER), code="ended")
    permissions.check_make_link(by, link.worklist, may_download=link.may_download)
    check_rules(link)


@transaction.atomic
def preview_new_url(*, link: UUID, by: Actor) -> LinkRow:
    """The link before its URL is replaced. Raises as `renew_guest_link`."""
    row, _policy = preview_guest_link(link=link, by=by)
    check_may_renew(row.link, by)
    return row


def _is_mailed(link: GuestLink) -> bool:
    """Whether the URL that the link has now is emailed already: the form may be sent again, ticked or not."""
    studies = GuestLinkStudy.objects.filter(link=link).values("study")
    mailed = AuditEvent.objects.filter(action=Action.GUEST_LINK_MAIL, study_id__in=studies)
    return mailed.filter(detail__guest_link=str(link.uuid), at__gte=link.renewed_at).exists()


@transaction.atomic
def _renew(link: UUID, generation: int, by: Actor, mail: bool) -> GuestLink:
    row, now = locked_link(link, by)
    check_may_renew(row, by)
    if generation == row.generation - 1:
        if mail and not _is_mailed(row):
            mail_link(row, by, now)
        return row
    if generation != row.generation:
        raise ValidationError(_("The link has another URL already. Reload the page."), code="changed")
    row.generation, row.renewed_at = row.generation + 1, now
    row.save(update_fields=["generation", "renewed_at"])
    record_link(Action.GUEST_LINK_RENEW, row, by, now)
    if mail:
        mail_link(row, by, now)
    return row
