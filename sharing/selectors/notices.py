"""A person's notices as they may be read now: a sentence and where it leads, without a patient."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from audit.actor import Actor
from common import formats
from common.days import last_moment, today_in
from common.nouns import counted
from common.text import without_deceitful
from sharing.dates import moment_in, zone_of
from sharing.models import GuestLinkStudy, Notice, Share, TimeRequest
from sharing.selectors.pages import SentPage, page_of
from sharing.selectors.recipients import recipient_of
from studies.selectors import placements_visible_to
from worklists import access
from worklists.models import NoticeEvent

MOST_UNREAD = 99


@dataclass(frozen=True)
class ShownNotice:
    """`sentence` and `url` tell of the studies only while the reader sees them."""

    notice: Notice
    sentence: str
    url: str
    seen: bool


@dataclass(frozen=True)
class NoticeRow:
    """A notice and what its reader sees there now: of how many of its studies, one of those, and what is to be decided.

    `granted` is the answer to a question for more time, where the notice is about that.
    """

    notice: Notice
    seen: int
    placement: UUID | None
    waits: bool
    granted: bool | None

    @classmethod
    def of(cls, notice: Notice) -> "NoticeRow":
        """Of a row of `_with_sight`."""
        read = vars(notice)
        return cls(notice, read["seen"] or 0, read["placement"], read["waits"], read["granted"])


def notices_of(by: Actor, *, before: UUID | None = None, after: UUID | None = None) -> SentPage[ShownNotice]:
    """The person's own notices, newest first: as many statements however many there are."""
    rows, newer, older = page_of(_with_sight(by), before, after)
    return SentPage([_shown(NoticeRow.of(row)) for row in rows], newer, older)


def notice_for(by: Actor, pk: int) -> ShownNotice | None:
    row = _with_sight(by).filter(pk=pk).first()
    return _shown(NoticeRow.of(row)) if row is not None else None


def notice_named(by: Actor, uuid: UUID) -> ShownNotice | None:
    row = _with_sight(by).filter(uuid=uuid).first()
    return _shown(NoticeRow.of(row)) if row is not None else None


def notices_of_digest(by: Actor, digest: int, most: int) -> list[ShownNotice]:
    """Those of a daily mail whose studies the person still sees, the latest first; at most so many."""
    rows = _with_sight(by).filter(digest=digest).order_by("-pk")[:most]
    return [shown for shown in (_shown(NoticeRow.of(row)) for row in rows) if shown.seen]


def number_unread(by: Actor) -> str:
    """What the bell says: "99+" for more than 99, and nothing for none."""
    unread = Notice.objects.filter(user=by.person, read_at=None)[: MOST_UNREAD + 1].count()
    if unread > MOST_UNREAD:
        return f"{MOST_UNREAD}+"
    return str(unread) if unread else ""


def _with_sight(by: Actor) -> QuerySet[Notice]:
    """With how many of its studies the reader sees where the notice says, and one of them."""
    of_press = Share.objects.filter(
        press=OuterRef(OuterRef("share__press")), to_worklist=OuterRef(OuterRef("share__to_worklist"))
    )
    of_link = GuestLinkStudy.objects.filter(link=OuterRef(OuterRef("link")))
    seen = (
        placements_visible_to(by)
        .filter(worklist=OuterRef("worklist"))
        .filter(
            Q(study=OuterRef("share__study"))
            | Q(study__in=of_press.values("study"))
            | Q(study__in=of_link.values("study"))
        )
        .order_by()
    )
    waits = Share.objects.awaiting().filter(
        pk=OuterRef("share"), to_worklist__in=access.worklists_for(by, "approve_study")
    )
    named = Notice.objects.filter(user=by.person).select_related(
        "user",
        "worklist__account",
        "worklist__owner",
        "share__shared_by",
        "share__account",
        "share__to_worklist__account",
        "share__to_worklist__owner",
        "share__from_worklist__account",
        "share__from_worklist__owner",
        "link",
    )
    # The notice of an answer names its question, since more time may be asked for again.
    answered = TimeRequest.objects.annotate(
        named=Concat(Value("time:"), "pk", output_field=CharField())
    ).filter(share=OuterRef("share"), asked_by=by.person, named=OuterRef("key"))
    number = seen.values("worklist").annotate(number=Count("pk")).values("number")
    return named.annotate(
        seen=Subquery(number),
        placement=Subquery(seen.values("uuid")[:1]),
        waits=Exists(waits),
        granted=Subquery(answered.values("granted")[:1]),
    )


def _shown(row: NoticeRow) -> ShownNotice:
    notice = row.notice
    if not (row.waits if _asks_for_approval(notice) else row.seen):
        return ShownNotice(notice, _("This is about a study that you can no longer see."), "", False)
    return ShownNotice(notice, _sentence(row), _url(row), True)


def _asks_for_approval(notice: Notice) -> bool:
    of_urgent = notice.event == NoticeEvent.URGENT and notice.key.startswith("approval ")
    return notice.event == NoticeEvent.APPROVAL_NEEDED or of_urgent


def _url(row: NoticeRow) -> str:
    notice = row.notice
    if _asks_for_approval(notice):
        return reverse("sharing:approvals")
    share = notice.share
    if (
        notice.event in (NoticeEvent.ENDING_SOON, NoticeEvent.URGENT)
        and share is not None
        and notice.worklist_id != share.to_worklist_id
    ):
        theirs = "shared_by_me" if share.shared_by_id == notice.user_id else "shares_taken_over"
        return reverse(f"sharing:{theirs}")
    if notice.event == NoticeEvent.TIME_ASKED and share is not None:
        return reverse("sharing:more_time", args=[share.uuid])
    if notice.event == NoticeEvent.ENDING_SOON:
        # There the reader asks for more time.
        return reverse("studies:details", args=[row.placement])
    of_several = notice.event in (NoticeEvent.SHARED_HERE, NoticeEvent.URGENT) and row.seen > 1
    if of_several and notice.share is not None:
        return reverse("sharing:received", args=[notice.share.press])
    return reverse("studies:study", args=[row.placement])


def _sentence(row: NoticeRow) -> str:
    notice = row.notice
    if notice.link is not None:
        return _("Your guest link %(link)s was opened.") % {"link": notice.link.mark}
    share = notice.share
    assert share is not None  # a constraint
    names = {
        "name": without_deceitful(share.shared_by.name),
        "place": without_deceitful(notice.worklist.label),
        "recipient": without_deceitful(str(recipient_of(share))),
        "studies": counted(row.seen, "study"),
        "day": _last_day(share),
        "time": _open_by(notice, share),
        "shared": formats.day(today_in(zone_of(share.from_worklist), share.shared_at)),
    }
    return _text(row, share) % names


def _text(row: NoticeRow, share: Share) -> str:
    notice = row.notice
    to_reader = notice.worklist_id == share.to_worklist_id
    match notice.event:
        case NoticeEvent.URGENT if _asks_for_approval(notice):
            return _(
                "An urgent share from %(name)s with %(place)s still waits for approval. It was to be opened by "
                "%(time)s."
            )
        case NoticeEvent.URGENT if to_reader:
            return _(
                "Urgent: no one has opened what %(name)s shared with %(place)s. It was to be opened by %(time)s."
            )
        case NoticeEvent.URGENT if share.approved_at is None:
            return _(
                "Your urgent share with %(recipient)s still waits for approval. It was to be opened by %(time)s."
            )
        case NoticeEvent.URGENT:
            return _("Your urgent share with %(recipient)s was not opened by %(time)s.")
        case NoticeEvent.SHARED_HERE if notice.worklist.is_personal and share.open_by:
            return _("Urgent, to be opened by %(time)s: new from %(name)s, %(studies)s.")
        case NoticeEvent.SHARED_HERE if share.open_by:
            return _("Urgent, to be opened by %(time)s: new from %(name)s on %(place)s, %(studies)s.")
        case NoticeEvent.APPROVAL_NEEDED if share.open_by:
            return _(
                "An urgent share from %(name)s with %(place)s waits for approval. It is to be opened by %(time)s."
            )
        case NoticeEvent.SHARED_HERE if notice.worklist.is_personal:
            return _("New from %(name)s: %(studies)s.")
        case NoticeEvent.SHARED_HERE:
            return _("New from %(name)s on %(place)s: %(studies)s.")
        case NoticeEvent.APPROVAL_NEEDED:
            return _("A share from %(name)s with %(place)s waits for approval.")
        case NoticeEvent.ENDING_SOON if to_reader:
            return _("%(studies)s that %(name)s shared with %(place)s: the last day is %(day)s.")
        case NoticeEvent.ENDING_SOON if share.shared_by_id != notice.user_id:
            return _(
                "What %(name)s shared on %(shared)s and you took over ends soon: the last day is %(day)s."
            )
        case NoticeEvent.ENDING_SOON:
            return _("What you shared on %(shared)s ends soon: the last day is %(day)s.")
        case NoticeEvent.TIME_ASKED:
            return _(
                "Someone asks for more time for what you shared with %(recipient)s: the last day is %(day)s."
            )
        case NoticeEvent.DECIDED if to_reader and row.granted:
            return _("%(name)s gave more time for what was shared with %(place)s: the last day is %(day)s.")
        case NoticeEvent.DECIDED if to_reader:
            return _("%(name)s left the end date as it is: the last day is %(day)s.")
        case NoticeEvent.DECIDED if share.end_reason == Share.EndReason.DECLINED:
            return _("Your share with %(recipient)s was declined.")
        case NoticeEvent.DECIDED:
            return _("Your share with %(recipient)s was approved.")
        case NoticeEvent.OPENED if share.shared_by_id != notice.user_id:
            return _("What %(name)s shared with %(recipient)s was opened for the first time.")
        case NoticeEvent.OPENED:
            return _("What you shared with %(recipient)s was opened for the first time.")
        case _other:
            return _("There is news about what you shared with %(recipient)s.")


def _open_by(notice: Notice, share: Share) -> str:
    """In the reader's zone, as a mail has it too; of an escalation the time that its key ends with."""
    moment = share.open_by
    if notice.event == NoticeEvent.URGENT:
        moment = parse_datetime(notice.key.rpartition(" ")[2]) or moment
    return moment_in(notice.user.timezone, moment) if moment is not None else ""


def _last_day(share: Share) -> str:
    if share.expires_at is None:
        return ""
    return formats.day(today_in(zone_of(share.from_worklist), last_moment(share.expires_at)))
