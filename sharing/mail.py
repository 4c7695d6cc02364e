"""The mails of sharing: how many studies, who shared, and the link. No patient, no note.

Written when they are delivered, from the shares of that moment.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Min
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.mail import NO_LONGER_ACTIVE, Message, NothingToSend, link, organisation_of, render_mail
from accounts.models import Account, Invitation, OutboxMail, User
from accounts.tokens import make_token
from audit.actor import Actor
from common import formats
from common.days import last_moment, today_in
from sharing import selectors
from sharing.dates import moment_in, zone_of
from sharing.models import Share
from studies.models import FOREVER, Placement
from worklists.mail import INVITATION_EXPIRED

SHARED = "sharing/mail/study_shared"
INVITATION = "sharing/mail/invitation"


def study_shared(mail: OutboxMail) -> Message:
    """To a person who can see what was shared with them."""
    user = User.objects.filter(pk=mail.data["user"], is_active=True).first()
    if user is None:
        raise NothingToSend(_(NO_LONGER_ACTIVE))
    press = UUID(mail.data["press"])
    by = Actor.of(user)
    received = selectors.press_for(by, press)
    if not received.placements:
        raise NothingToSend(_("What was shared has ended."))
    first = (
        Share.objects.filter(press=press)
        .select_related("shared_by", "from_worklist__account", "from_worklist__owner")
        .order_by("pk")[0]
    )
    context = {
        "studies": len({placement.study_id for placement in received.placements}),
        **_sharer(first.shared_by, first.from_worklist.account),
        "link": link(reverse("sharing:received", args=[press])),
        "viewer": _viewer_link(received.placements, by),
        "open_by": moment_in(user.timezone, first.open_by) if first.open_by is not None else "",
        "shared_until": _last_day({each.visible_until for each in received.placements}, first),
    }
    return render_mail(SHARED, context, organisation=organisation_of(first.from_worklist.account))


def _viewer_link(placements: Sequence[Placement], by: Actor) -> str:
    """Straight to the images, where one study was shared to one worklist and the person may open them there."""
    if len(placements) != 1 or not by.may("open_study", placements[0].worklist):
        return ""
    return link(reverse("studies:viewer", args=[placements[0].uuid]))


def invitation(mail: OutboxMail) -> Message:
    """To an unregistered email: of one press, or (sent again) of everything promised to it."""
    invited = Invitation.objects.select_related("account", "invited_by").get(pk=mail.data["invitation"])
    _check_waiting(invited)
    promises = selectors.promises_of(invited).live()
    sharer, account = invited.invited_by, invited.account
    if "press" in mail.data:
        promises = promises.filter(press=UUID(mail.data["press"]))
    named = promises.select_related("shared_by", "from_worklist__account", "from_worklist__owner")
    first = named.order_by("pk").first()
    if "press" in mail.data and first is not None:
        sharer, account = first.shared_by, first.from_worklist.account
    open_by = promises.filter(open_by__gt=Now()).aggregate(first=Min("open_by"))["first"]
    studies = promises.values("study").distinct().count()
    # An invitation that never carried a share asks a person to join; nothing of it can have ended.
    if not studies and ("press" in mail.data or Share.objects.filter(invitation=invited).exists()):
        raise NothingToSend(_("What was promised has ended."))
    context = {
        "studies": studies,
        **_sharer(sharer, account),
        "link": link(reverse("sharing:open_invitation", args=[make_token(invited)])),
        "until": invited.expires_at,
        # The recipient's own zone is not known yet.
        "open_by": moment_in(sharer.timezone, open_by) if sharer is not None and open_by is not None else "",
        "shared_until": _last_day(set(promises.values_list("expires_at", flat=True).distinct()), first),
    }
    return render_mail(INVITATION, context, organisation=organisation_of(account))


def _last_day(ends: Collection[datetime | None], share: Share | None) -> str:
    """The last day of all that was shared, where that is the same for all; in the zone in which it was chosen."""
    end = next(iter(ends), None)
    if len(ends) != 1 or end is None or end == FOREVER or share is None:
        return ""
    return formats.day(today_in(zone_of(share.from_worklist), last_moment(end)))


def _check_waiting(invited: Invitation) -> None:
    if invited.accepted_at is not None:
        raise NothingToSend(_("The person has registered."))
    if invited.withdrawn_at is not None:
        raise NothingToSend(_("The invitation was withdrawn."))
    if not Invitation.objects.open().filter(pk=invited.pk).exists():
        raise NothingToSend(_(INVITATION_EXPIRED))


def _sharer(person: User | None, account: Account | None) -> dict[str, str]:
    name = person.name if person is not None else "CIMAR"
    return {"name": name, "account": account.name if account is not None else ""}
