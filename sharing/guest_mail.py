"""The mail with a guest link: from whom, until when, and the link. No patient, no password."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.mail import NO_LONGER_ACTIVE, Message, NothingToSend, link, organisation_of, render_mail
from accounts.models import OutboxMail
from common import formats
from common.days import today_in
from sharing.dates import zone_of
from sharing.models import GuestLink
from sharing.models.guest_link import State
from sharing.selectors.guest_links import token_of
from sharing.selectors.guest_policy import shown_end

GUEST_LINK = "sharing/mail/guest_link"
ASKED = "sharing/mail/guest_link_asked"


def url_of(guest_link: GuestLink) -> str:
    """The full URL that its holder opens."""
    return link(f"/guest/{token_of(guest_link)}/")


def guest_link(mail: OutboxMail) -> Message:
    """To the recipient whom its maker named, while it can be opened."""
    row = GuestLink.objects.with_facts().with_names().get(pk=mail.data["link"])
    if row.state is not State.OPEN:
        raise NothingToSend(_("The guest link can no longer be opened."))
    account = row.worklist.account
    context = {
        "name": row.made_by.name,
        "account": account.name if account is not None else "",
        "link": url_of(row),
        "until": shown_end(row),
        "has_password": bool(row.password),
        "openings": row.most_openings,
        "is_new_url": row.renewed_at is not None,
    }
    return render_mail(GUEST_LINK, context, organisation=organisation_of(account))


def guest_link_asked(mail: OutboxMail) -> Message:
    """To the maker of a link that is over: a new one is wanted. It names neither the patient nor the recipient."""
    row = GuestLink.objects.with_facts().with_names().get(pk=mail.data["link"])
    if not row.made_by.is_active:
        raise NothingToSend(_(NO_LONGER_ACTIVE))
    zone = zone_of(row.worklist)
    context = {
        "name": row.worklist.label,
        "made": formats.day(today_in(zone, row.made_at)),
        "until": shown_end(row),
        "link": link(reverse("studies:worklist", args=[row.worklist.uuid])),
    }
    return render_mail(ASKED, context)
