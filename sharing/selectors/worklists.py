"""What shares and studies hang on a worklist, for whoever administers it."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from sharing.models import Method, Share
from studies.models import Study, Upload
from worklists.models import Worklist

CODE_DAYS = 90
# Counting on says nothing more to a reader, and takes long on a busy worklist.
COUNTED = 1000

FRONT_DOOR = (
    "This worklist is the account’s front door. Make another worklist the front door or untick “Front door”, "
    "then delete it."
)
UPLOADING = "An upload to this worklist is still running. Try again when it has finished."
HISTORY = (
    "This worklist has had studies or shares, so it cannot be deleted. Instead, untick “Accepts shares”, "
    "remove its share code and remove its members."
)


def shares_by_code(worklist: Worklist) -> int:
    """How many shares came by the worklist's share code in the last 90 days; one more than a thousand for more."""
    lately = Share.objects.filter(
        to_worklist=worklist, method=Method.CODE, shared_at__gt=Now() - timedelta(days=CODE_DAYS)
    )
    return lately.order_by()[: COUNTED + 1].count()


def why_it_stays(worklist: Worklist) -> str:
    """The sentence that says why this worklist cannot be deleted; empty when it can.

    Shares are never deleted and a deleted study keeps its row: both go on naming their worklists.
    """
    if worklist.is_front_door:
        return FRONT_DOOR
    at_home = Study.objects.filter(home=worklist, deleted_at=None)[: COUNTED + 1].count()
    if at_home:
        many = f"more than {COUNTED:,} studies" if at_home > COUNTED else f"{at_home:,} studies"
        originals = "the original of 1 study" if at_home == 1 else f"the originals of {many}"
        return f"This worklist holds {originals}, so it cannot be deleted."
    if Upload.objects.filter(worklist=worklist, state=Upload.State.WAITING).exists():
        return UPLOADING
    shared = Share.objects.filter(Q(from_worklist=worklist) | Q(to_worklist=worklist)).exists()
    if shared or Study.objects.filter(home=worklist).exists():
        return HISTORY
    return ""
