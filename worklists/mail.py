"""The mails to people who are to work for an account: they are invited, or were added. No patient, no study.

Written when they are delivered, from the rows of that moment.
"""

from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.mail import Message, NothingToSend, link, render_mail
from accounts.models import AccountMembership, OutboxMail, User
from accounts.tokens import make_token
from worklists.models import InvitedMembership

INVITATION_EXPIRED = gettext_noop("The invitation has expired.")


def staff_invitation(mail: OutboxMail) -> Message:
    """To an unregistered email: whose account, in which role, on how many worklists."""
    rows = InvitedMembership.objects.select_related("invitation", "account", "role", "offered_by")
    row = rows.filter(invitation=mail.data["invitation"]).first()
    if row is None or row.ended_at is not None or row.invitation.withdrawn_at is not None:
        raise NothingToSend(_("The invitation was withdrawn or used."))
    if not rows.filter(pk=row.pk, invitation__expires_at__gt=Now()).exists():
        raise NothingToSend(_(INVITATION_EXPIRED))
    context = {
        "name": row.offered_by.name if row.offered_by is not None else "",
        "account": row.account.name,
        "role": row.role.name if row.role is not None else "",
        "every_worklist": row.every_worklist,
        "worklists": row.worklists.count(),
        "link": link(reverse("accounts:open_invitation", args=[make_token(row.invitation)])),
        "until": row.invitation.expires_at,
    }
    return render_mail("worklists/mail/staff_invitation", context)


def member_added(mail: OutboxMail) -> Message:
    """To a registered person who has become a member of an account."""
    memberships = AccountMembership.objects.select_related("account", "role", "user")
    row = memberships.active().filter(account=mail.data["account"], user=mail.data["user"]).first()
    if row is None:
        raise NothingToSend(_("The person is no longer a member."))
    by = User.objects.filter(pk=mail.data["by"]).first() if mail.data["by"] is not None else None
    context = {
        "name": by.name if by is not None else "",
        "account": row.account.name,
        "role": row.role.name,
        "link": link(reverse("studies:list")),
        "profile": link(reverse("accounts:profile")),
    }
    return render_mail("worklists/mail/member_added", context)
