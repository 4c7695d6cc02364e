"""Every notification of a person is made here: a notice under the bell and, if the person chose so, a mail."""

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

    - `event`: what happened. Each person has chosen, for each worklist, to be notified of this event at once, once a
      day, or not at all.
    - `worklists`: the keys of the worklists on which the people to notify see the study. For a share: `to_worklist`
      for its recipients, `from_worklist` for its maker. For a guest link: the link's worklist.
    - `share` or `link`: what the event is about; never both. A notice about a share speaks of all shares of the same
      press to that worklist, as far as the reader can see their studies at the time of reading.
    - `only`: the keys of the people to notify, such as `[share.shared_by_id]`. Without `only`, everyone who has `right`
      on one of the worklists is notified. `besides`: the key of a person who is not notified: the person who acts.
    - `key`: names the occasion. With the same event and key, a person is notified only once, however often this
      function is called. For an event that a press causes, the key is the uuid of the press; for an event that happens
      to a share once, the uuid of the share. For an event that may happen again, the key contains the moment or day.

    A mail is queued for each person who chose "at once"; the daily mail includes the notices of the others. The caller
    gives no text: pages and mails write the sentences from the rows, and name no patient. A new event needs a value in
    `NoticeEvent`, its presets, and its sentence in `sharing.selectors.notices`.

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
    """`shares`: for each worklist on which readers are notified, the share that the notice is about."""
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


# The events that a press of Share Studies causes by itself.
OF_A_PRESS = (NoticeEvent.SHARED_HERE, NoticeEvent.APPROVAL_NEEDED)


def _mail(event: NoticeEvent, share: Share | None, notices: dict[int, int]) -> None:
    """`notices`: the key of each notice, by the key of its reader."""
    people = User.objects.filter(pk__in=notices).order_by("pk").values_list("pk", "email")
    if event in OF_A_PRESS and share is not None:
        # The mails wait until the press can no longer be undone: undoing the press takes its mails back.
        wait, press = undo_until([share.shared_at]), {"press": str(share.press)}
        if event == NoticeEvent.SHARED_HERE:
            mails = [(email, {**press, "user": pk}) for pk, email in people]
            queue_mails(kind="study_shared", not_before=wait, to=mails)
        else:
            mails = [(email, {**press, "notice": notices[pk]}) for pk, email in people]
            queue_mails(kind="notice", not_before=wait, to=mails)
    else:
        queue_mails(kind="notice", to=[(email, {"notice": notices[pk]}) for pk, email in people])


# The notices of a press that can still be undone are among this many of the newest notices.
RECENT = 100_000


def take_back(press: UUID) -> int:
    """Delete the notices of a press that is undone, so that no daily mail names them; return the number deleted."""
    newest = Notice.objects.aggregate(newest=Max("pk"))["newest"] or 0
    caused = Notice.objects.filter(pk__gt=newest - RECENT, event__in=OF_A_PRESS, share__press=press)
    locked = caused.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
    return Notice.objects.filter(pk__in=list(locked)).delete()[0]


def tell_decided(*, share: Share, by: Actor, occasion: UUID | None = None) -> None:
    """Notify the maker of a share that it was approved or declined.

    `occasion`: given when several shares are decided at once. The shares of one press to one worklist then make one
    notice and one mail.
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
    """Notify the maker of a guest link that the link was opened: once a day, however often the link is opened."""
    day = today_in(link.made_by.timezone, now)
    tell(
        event=NoticeEvent.LINK_USED,
        key=f"{link.uuid}:{day}",
        worklists=[link.worklist_id],
        link=link,
        only=[link.made_by_id],
    )


def tell_ending(*, shares: Sequence[Share], key: str) -> None:
    """Warn both sides of shares that belong to one press and end together; each person is warned once.

    If someone took over a share, that person is warned as well as the maker of the share.
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
    """Notify the maker of a share, and the person who took over the share, that a recipient asks for more time."""
    tell(
        event=NoticeEvent.TIME_ASKED,
        key=str(request.pk),
        worklists=[share.from_worklist_id],
        share=share,
        only=[share.shared_by_id, *keepers_of([share.pk]).values()],
        besides=request.asked_by_id,
    )


def tell_time_answered(*, request: TimeRequest, share: Share) -> None:
    """Notify the person who asked for more time that the request was answered."""
    if share.to_worklist_id is not None:
        tell(
            event=NoticeEvent.DECIDED,
            key=f"time:{request.pk}",
            worklists=[share.to_worklist_id],
            share=share,
            only=[request.asked_by_id],
        )


def queue_notices(*, press: UUID, shares: Collection[Share], shared_by: User) -> None:
    """Notify the recipients of one press, registered or invited, and the approvers of its shares that await approval.

    The recipients of a share that awaits approval are notified when the share is approved.
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
