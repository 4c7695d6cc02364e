"""The answer to a request for more time, written wherever the end date of a share changes."""

from collections.abc import Collection

from django.db.models import Q
from django.db.models.functions import Now

from sharing.models import Notice, Share, TakenOverShare, TimeRequest
from sharing.services import notices
from worklists.models import NoticeEvent


def answer_requests(*, share: Share, granted: bool) -> int:
    """Answer what was asked about the share and tell the persons who asked; how many questions there were.

    The questions no longer wait in the bell of the share's maker, nor of who took it over.
    The caller holds the study's lock and records what it did.
    """
    asked = TimeRequest.objects.filter(share=share, answered_at=None)
    requests = list(asked.select_for_update(no_key=True))
    asked.update(answered_at=Now(), granted=granted)
    keys = [str(request.pk) for request in requests]
    keepers = TakenOverShare.objects.filter(share=share).values("keeper")
    asked_of = Q(user=share.shared_by_id) | Q(user__in=keepers)
    put = Notice.objects.filter(asked_of, event=NoticeEvent.TIME_ASKED, key__in=keys)
    put.filter(read_at=None).update(read_at=Now())
    for request in requests:
        notices.tell_time_answered(request=request, share=share)
    return len(requests)


def answer_lengthened(shares: Collection[Share]) -> None:
    """A press that makes shares last longer has given what was asked about any of them."""
    by_key = {share.pk: share for share in shares}
    asked = TimeRequest.objects.filter(share__in=by_key, answered_at=None)
    for key in set(asked.values_list("share", flat=True)) if by_key else ():
        answer_requests(share=by_key[key], granted=True)
