"""The mails to people who are invited to work for an account, to owners of tokens, and to superusers. No patient data.

Written when they are delivered, from the rows of that moment.
"""

from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.mail import Message, NothingToSend, link, organisation_of, render_mail
from accounts.models import Account, OutboxMail
from accounts.selectors import is_registered
from accounts.tokens import make_token
from worklists.models import AccessToken, InvitedMembership, InvitedUpload

INVITATION_OVER = gettext_noop("The invitation was withdrawn or used.")
INVITATION_EXPIRED = gettext_noop("The invitation has expired.")


def staff_invitation(mail: OutboxMail) -> Message:
    """Whose account, in which role, on how many worklists. A registered person signs in to answer, others register."""
    rows = InvitedMembership.objects.select_related("invitation", "account", "role", "offered_by")
    row = rows.filter(invitation=mail.data["invitation"]).first()
    if row is None or row.ended_at is not None or row.invitation.withdrawn_at is not None:
        raise NothingToSend(_(INVITATION_OVER))
    if not rows.filter(pk=row.pk, invitation__expires_at__gt=Now()).exists():
        raise NothingToSend(_(INVITATION_EXPIRED))
    context = {
        "name": row.offered_by.name if row.offered_by is not None else "",
        "account": row.account.name,
        "role": row.role.name if row.role is not None else "",
        "every_worklist": row.every_worklist,
        "worklists": row.worklists.count(),
        "link": link(reverse("sharing:open_invitation", args=[make_token(row.invitation)])),
        "registered": is_registered(row.invitation.email),
        "until": row.invitation.expires_at,
    }
    organisation = organisation_of(row.account)
    return render_mail("worklists/mail/staff_invitation", context, organisation=organisation)


def upload_invitation(mail: OutboxMail) -> Message:
    """Whose account, and which worklist takes studies. The link registers, or leads a registered person to sign in."""
    rows = InvitedUpload.objects.waiting().select_related("invitation", "account", "worklist", "offered_by")
    row = rows.filter(pk=mail.data["invited"]).first()
    if row is None or row.worklist.inbox_id is None or not row.worklist.takes_shares:
        raise NothingToSend(_(INVITATION_OVER))
    if not rows.filter(pk=row.pk, invitation__expires_at__gt=Now()).exists():
        raise NothingToSend(_(INVITATION_EXPIRED))
    context = {
        "name": row.offered_by.name,
        "account": row.account.name,
        "worklist": row.worklist.name,
        "link": link(reverse("sharing:open_invitation", args=[make_token(row.invitation)])),
        "registered": is_registered(row.invitation.email),
        "until": row.invitation.expires_at,
    }
    organisation = organisation_of(row.account)
    return render_mail("worklists/mail/upload_invitation", context, organisation=organisation)


def token_made(mail: OutboxMail) -> Message:
    """To the owner, also where the token was revoked meanwhile: someone else may have made it."""
    token = AccessToken.objects.select_related("owner").get(pk=mail.data["token"])
    context = {
        "email": token.owner.email,
        "name": token.name,
        "may_store": token.may_store,
        "worklists": token.reaches.count(),
        "until": token.valid_until,
        "link": link(reverse("worklists:tokens")),
    }
    return render_mail("worklists/mail/token_made", context)


def account_name_waits(mail: OutboxMail) -> Message:
    """To a superuser: an account asks for another name, which is not shown until a superuser confirms it."""
    account = Account.objects.filter(pk=mail.data["account"]).first()
    if account is None or not account.name_asked_for:
        raise NothingToSend(_("No name of this account waits to be confirmed."))
    context = {
        "name": account.name,
        "asked": account.name_asked_for,
        "link": link(reverse("admin:accounts_account_identity", args=[account.pk])),
    }
    return render_mail("worklists/mail/account_name_waits", context)
