"""The mails of notices: what the bell says, and where it leads. No patient."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.mail import NO_LONGER_ACTIVE, Message, NothingToSend, link, render_mail
from accounts.models import OutboxMail
from audit.actor import Actor
from common.person_names import unlinked
from sharing.models import Digest, Notice
from sharing.selectors.notices import notice_for, notices_of_digest
from sharing.selectors.urgent import still_unopened
from worklists.models.notices import ALWAYS

NOTICE = "sharing/mail/notice"
DAILY = "sharing/mail/daily_notices"
MOST_LINES = 50
OPENED_MEANWHILE = gettext_noop("The studies were opened meanwhile, or the share has ended.")
NOT_SEEN = gettext_noop("The person can no longer see the studies.")


def notice(mail: OutboxMail) -> Message:
    """To a person who is notified at once. About studies that they can no longer see nothing is sent."""
    row = Notice.objects.select_related("user", "share").filter(pk=mail.data["notice"]).first()
    if row is None or not row.user.is_active:
        raise NothingToSend(_(NO_LONGER_ACTIVE))
    shown = notice_for(Actor.of(row.user), row.pk)
    if shown is None or not shown.seen:
        raise NothingToSend(_(NOT_SEEN))
    always = row.event in ALWAYS
    if always and not still_unopened(row):
        raise NothingToSend(_(OPENED_MEANWHILE))
    context = {"notice": shown.sentence, "link": link(shown.url), "always": always}
    return render_mail(NOTICE, context)


def daily_notices(mail: OutboxMail) -> Message:
    """To a person who is notified once a day: the sentences of the day, of what they can still see."""
    digest = Digest.objects.select_related("user").get(pk=mail.data["digest"])
    if not digest.user.is_active:
        raise NothingToSend(_(NO_LONGER_ACTIVE))
    number = Notice.objects.filter(digest=digest, user=digest.user).count()
    shown = notices_of_digest(Actor.of(digest.user), digest.pk, MOST_LINES)
    if not shown:
        raise NothingToSend(_(NOT_SEEN))
    context = {
        # A text inside a list is not seen by `render_mail`.
        "lines": [unlinked(each.sentence) for each in shown],
        "notices": len(shown),
        "more": max(0, number - MOST_LINES),
        "link": link(reverse("sharing:notices")),
    }
    return render_mail(DAILY, context)
