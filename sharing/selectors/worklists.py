"""The shares and studies that a worklist has or had, for its administrators."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from sharing.models import GuestLink, Method, Share
from studies.models import Study, Upload
from worklists.models import Worklist

CODE_DAYS = 90
# A larger number means nothing more to a reader, and takes long on a busy worklist.
COUNTED = 1000

FRONT_DOOR = gettext_noop(
    "This worklist is the account’s front door. Make another worklist the front door or untick “Front door”, "
    "then delete it."
)
INBOX = gettext_noop(
    "Studies that are sent to the upload address of %(worklist)s arrive here. Choose another place for them first."
)
UPLOADING = gettext_noop("An upload to this worklist is still running. Try again when it has finished.")
HISTORY = gettext_noop(
    "This worklist has had studies or shares, so it cannot be deleted. Instead, untick “Accepts shares”, "
    "remove its share code and remove its members."
)


def shares_by_code(worklist: Worklist) -> int:
    """How many shares used the worklist's share code in the last 90 days; 1,001 where there are more than 1,000."""
    lately = Share.objects.filter(
        to_worklist=worklist, method=Method.CODE, shared_at__gt=Now() - timedelta(days=CODE_DAYS)
    )
    return lately.order_by()[: COUNTED + 1].count()


def why_it_stays(worklist: Worklist) -> str:
    """The sentence that says why this worklist cannot be deleted; empty when it can.

    Shares are never deleted and a deleted study keeps its row: both keep the keys of their worklists.
    """
    if worklist.is_front_door:
        return _(FRONT_DOOR)
    if of := worklist.inbox_of.order_by("name").first():
        return _(INBOX) % {"worklist": of.name}
    at_home = Study.objects.filter(home=worklist, deleted_at=None)[: COUNTED + 1].count()
    if at_home:
        return _holds(at_home)
    if Upload.objects.filter(worklist=worklist, state=Upload.State.WAITING).exists():
        return _(UPLOADING)
    linked = GuestLink.objects.filter(worklist=worklist).exists()
    shared = linked or Share.objects.filter(Q(from_worklist=worklist) | Q(to_worklist=worklist)).exists()
    if shared or Study.objects.filter(home=worklist).exists():
        return _(HISTORY)
    return ""


def _holds(originals: int) -> str:
    if originals > COUNTED:
        sentence = _(
            "This worklist holds the originals of more than %(number)s studies, so it cannot be deleted."
        )
        return sentence % {"number": f"{COUNTED:,}"}
    sentence = ngettext(
        "This worklist holds the original of %(number)s study, so it cannot be deleted.",
        "This worklist holds the originals of %(number)s studies, so it cannot be deleted.",
        originals,
    )
    return sentence % {"number": f"{originals:,}"}
