"""Every notification of a person is made here: an item in the list under the bell and, where wanted, a mail."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Max

from accounts.models import Invitation, User
from accounts.services.outbox import queue_mails
from audit.actor import Actor
from common.days import today_in
from sharing.dates import undo_until
from sharing.models import GuestLink, Notice, Share, TimeRequest
from sharing.selectors.left_shares import keepers_of
from worklists.models import NoticeEvent, NoticeTime
from worklists.selectors import people_to_tell


def tell(
    *,
    event: NoticeEvent,
    key: str,
    worklists: Collection[int],
    share: Share | None = None,
    link: GuestLink | None = None,
    right: str = "list_studies",
    only: Collection[int] | None = None,
    besides: int | None = None,
) -> list[int]:
    """Notify people of an event, in the caller's transaction, and return the keys of the people notified now.

    - `event`: what happened; each person chose for each worklist whether it is notified at once, once a day, or not.
    - `worklists`: the keys of the worklists on which its readers see the study. Of a share: `to_worklist` for its
      recipients, `from_worklist` for its maker; of a guest link its worklist.
    - `share` or `link`: what it is about, and one of them alone. A notice about a share speaks of its whole press to
      that worklist, as far as its reader sees the studies when they read it.
    - `only`: the keys of the people whom it is about, such as `[share.shared_by_id]`; without it everyone is notified
      who has `right` on one of the worklists. `besides`: one who is not notified, the person who acts.
    - `key` names the occasion: with the same event and key a person is notified once, however often this is called. It
      is the press's uuid for what a press causes, the share's for what happens to a share once, and has the moment or
      the day in it for what may happen again.

    A mail is queued for those who chose "at once"; the daily mail takes the others along. No text is given: pages and
    mails make it from the rows, without a patient. A new event needs a row in `NoticeEvent`, its presets, and its
    sentence in `sharing.selectors.notices`.

        notices.tell(event=NoticeEvent.DECIDED, key=str(share.uuid), share=share,
                     worklists=[share.from_worklist_id], only=[share.shared_by_id])
    """
    readers = people_to_tell(event, worklists, right=right, only=only) if worklists else {}
    readers.pop(besides or 0, None)
    return _write(event, key, readers, shares=dict.fromkeys(worklists, share), link=link)


def _write(
    event: NoticeEvent,
    key: str,
    readers: dict[int, tuple[int, str]],
    *,
    shares: dict[int, Share | None],
    link: GuestLink | None = None,
) -> list[int]:
    """`shares` by the worklist on which its readers are notified."""
    if not readers:
        return []
    about = [shares[worklist] for worklist, _ in readers.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTICES,
            [
                str(event),
                key,
                link.pk if link is not None else None,
                [share.pk if share is not None else None for share in about],
                list(readers),
                [worklist for worklist, _ in readers.values()],
                [time for _, time in readers.values()],
            ],
        )
        written: dict[int, int] = dict(cursor.fetchall())
    at_once = {user: written[user] for user in written if readers[user][1] == NoticeTime.NOW}
    if at_once:
        _mail(event, about[0], at_once)
    return sorted(written)


_NOTICES = """
INSERT INTO sharing_notice (event, key, link_id, share_id, user_id, worklist_id, time)
SELECT %s, %s, %s::bigint, readers.*
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[]) AS readers
ON CONFLICT (user_id, event, key) DO NOTHING
RETURNING user_id, id
"""


# What a press of Share Studies causes by itself.
OF_A_PRESS = (NoticeEvent.SHARED_HERE, NoticeEvent.APPROVAL_NEEDED)


def _mail(event: NoticeEvent, share: Share | None, notices: dict[int, int]) -> None:
    """`notices` has the key of the notice by that of its reader."""
    people = User.objects.filter(pk__in=notices).order_by("pk").values_list("pk", "email")
    if event in OF_A_PRESS and share is not None:
        # Until then the press can be undone, and takes back the mails that name it.
        wait, press = undo_until([share.shared_at]), {"press": str(share.press)}
        if event == NoticeEvent.SHARED_HERE:
            mails = [(email, {**press, "user": pk}) for pk, email in people]
            queue_mails(kind="study_shared", not_before=wait, to=mails)
        else:
            mails = [(email, {**press, "notice": notices[pk]}) for pk, email in people]
            queue_mails(kind="notice", not_before=wait, to=mails)
    else:
        queue_mails(kind="notice", to=[(email, {"notice": notices[pk]}) for pk, email in people])


# Notices of the seconds in which a press can be undone are among so many.
RECENT = 100_000


def take_back(press: UUID) -> int:
    """Delete what a press that is undone has put into bells, so that no daily mail names it either; how many."""
    newest = Notice.objects.aggregate(newest=Max("pk"))["newest"] or 0
    caused = Notice.objects.filter(pk__gt=newest - RECENT, event__in=OF_A_PRESS, share__press=press)
    locked = caused.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
    return Notice.objects.filter(pk__in=list(locked)).delete()[0]


def tell_decided(*, share: Share, by: Actor, occasion: UUID | None = None) -> None:
    """Notify the maker of a share that it was approved or declined.

    `occasion`: when several were decided at once, those of one press for one worklist are one notice and one mail.
    """
    together = f"{share.press}:{share.to_worklist_id}:{occasion}"
    tell(
        event=NoticeEvent.DECIDED,
        key=together if occasion is not None else str(share.uuid),
        worklists=[share.from_worklist_id],
        share=share,
        only=[share.shared_by_id],
        besides=by.user_id,
    )


def tell_link_used(*, link: GuestLink, now: datetime) -> None:
    """Notify the maker of a guest link that it was opened: once a day, however often it was opened."""
    day = today_in(link.made_by.timezone, now)
    tell(
        event=NoticeEvent.LINK_USED,
        key=f"{link.uuid}:{day}",
        worklists=[link.worklist_id],
        link=link,
        only=[link.made_by_id],
    )


def tell_ending(*, shares: Sequence[Share], key: str) -> None:
    """Warn both sides of shares of one press that end together, each person once.

    Of a share that someone took over, its keeper is warned as its maker is.
    """
    first = shares[0]
    kept = keepers_of(share.pk for share in shares)
    answering: dict[int, Share] = {}
    for share in shares:
        for person in (share.shared_by_id, kept.get(share.pk, share.shared_by_id)):
            answering.setdefault(person, share)
    by_target: dict[int, Share | None] = {
        share.to_worklist_id: share for share in shares if share.to_worklist_id
    }
    readers = people_to_tell(NoticeEvent.ENDING_SOON, by_target)
    for person in answering:
        readers.pop(person, None)
    _write(NoticeEvent.ENDING_SOON, key, readers, shares=by_target)
    for person, share in answering.items():
        tell(
            event=NoticeEvent.ENDING_SOON,
            key=key,
            worklists=[first.from_worklist_id],
            share=share,
            only=[person],
        )


def tell_time_asked(*, request: TimeRequest, share: Share) -> None:
    """Notify the maker of a share, and who took it over, that a recipient asks for more time."""
    tell(
        event=NoticeEvent.TIME_ASKED,
        key=str(request.pk),
        worklists=[share.from_worklist_id],
        share=share,
        only=[share.shared_by_id, *keepers_of([share.pk]).values()],
        besides=request.asked_by_id,
    )


def tell_time_answered(*, request: TimeRequest, share: Share) -> None:
    """Notify the person who asked for more time of the answer."""
    if share.to_worklist_id is not None:
        tell(
            event=NoticeEvent.DECIDED,
            key=f"time:{request.pk}",
            worklists=[share.to_worklist_id],
            share=share,
            only=[request.asked_by_id],
        )


def queue_notices(*, press: UUID, shares: Collection[Share], shared_by: User) -> None:
    """Notify the recipients of one press, registered or invited, and the approvers of what awaits them.

    Of a share that awaits approval its recipients are notified when it is approved.
    """
    reached: dict[int, Share | None] = {}
    awaited: dict[int, Share] = {}
    for share in shares:
        if share.to_worklist_id is not None:
            (awaited if share.approved_at is None else reached).setdefault(share.to_worklist_id, share)
    if reached:
        readers = people_to_tell(NoticeEvent.SHARED_HERE, reached)
        readers.pop(shared_by.pk, None)
        _write(NoticeEvent.SHARED_HERE, str(press), readers, shares=reached)
    for worklist, share in awaited.items():
        tell(
            event=NoticeEvent.APPROVAL_NEEDED,
            key=f"{press}:{worklist}",
            worklists=[worklist],
            share=share,
            right="approve_study",
            besides=shared_by.pk,
        )
    promised = {
        share.invitation_id for share in shares if share.to_worklist_id is None and share.invitation_id
    }
    invited = Invitation.objects.filter(pk__in=promised).order_by("pk").values_list("pk", "email")
    queue_mails(
        kind="invitation",
        not_before=undo_until(share.shared_at for share in shares),
        to=[(email, {"press": str(press), "invitation": pk}) for pk, email in (invited if promised else ())],
    )
