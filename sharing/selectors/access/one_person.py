"""Whether one person can open a study, and why or why not, in sentences: as far as the asker may know."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import AccountMembership, User
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from common import formats
from sharing.explanation import Obstacle, Reason, explain
from sharing.facts import ShareFact
from sharing.models import Share
from sharing.selectors.access.people import People, ShownWay
from sharing.selectors.access.shown import last_moment
from sharing.selectors.access.ways_then import on_path, way_then, within
from sharing.selectors.directory import FEWEST_LETTERS, MOST_HITS, MOST_WORDS, accounts_of, words_of
from sharing.selectors.explaining_then import facts_at
from studies.models import Placement
from worklists.access import ADMINISTER
from worklists.models import Worklist

SENTENCES: dict[Obstacle, str] = {
    Obstacle.DELETED: gettext_noop("The study was deleted on %(moment)s."),
    Obstacle.DEACTIVATED: gettext_noop("This person is deactivated and cannot sign in."),
    Obstacle.INACTIVE: gettext_noop(
        "Member of %(worklist)s, but the membership of %(account)s is not active."
    ),
    Obstacle.MAY_NOT_LIST: gettext_noop(
        "Member of %(worklist)s, but the role %(role)s may not see its list of studies."
    ),
    Obstacle.MAY_NOT_OPEN: gettext_noop("Member of %(worklist)s, but the role %(role)s may not open images."),
    Obstacle.CHANGING: gettext_noop(
        "Member of %(worklist)s with the new role %(role)s, whose rights take effect in a moment."
    ),
    Obstacle.WAITING: gettext_noop(
        "Member of %(worklist)s, but the share of %(moment)s to that worklist is awaiting approval."
    ),
    Obstacle.ENDED: gettext_noop(
        "Member of %(worklist)s, but the share to that worklist ended on %(moment)s: %(why)s."
    ),
    Obstacle.EXPIRED: gettext_noop(
        "Member of %(worklist)s, but the share to that worklist ended on %(day)s, its end date."
    ),
    Obstacle.CUT_OFF: gettext_noop(
        "Member of %(worklist)s, but the share to that worklist ended because an earlier share ended."
    ),
    Obstacle.NOT_A_MEMBER: gettext_noop("Not a member of any worklist where this study is."),
}
# The same on the person's own worklist.
OWN: dict[Obstacle, str] = {
    Obstacle.WAITING: gettext_noop("The share of %(moment)s to this person is awaiting approval."),
    Obstacle.ENDED: gettext_noop("The share to this person ended on %(moment)s: %(why)s."),
    Obstacle.EXPIRED: gettext_noop("The share to this person ended on %(day)s, its end date."),
    Obstacle.CUT_OFF: gettext_noop("The share to this person ended because an earlier share ended."),
}


@dataclass(frozen=True)
class Answer:
    """About one person: the ways, or the reasons why there is none, the first the one to tell."""

    name: str
    email: str
    ways: list[ShownWay] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def opens(self) -> bool:
        return bool(self.ways)


@dataclass(frozen=True)
class AnswerThen(Answer):
    """The same for a moment in the past; `opened` is what the person did with the study up to then, newest first."""

    at: datetime | None = None
    is_known: bool = True
    opened: list[AuditEvent] = field(default_factory=list)


def people_to_ask_about(by: Actor) -> QuerySet[User]:
    """Active members of the asker's accounts; of accounts that the asker administers, those who left as well."""
    mine = AccountMembership.objects.active().filter(user=by.person)
    administered = mine.filter(role__permissions__codename=ADMINISTER).values("account")
    theirs = AccountMembership.objects.filter(
        Q(active=True, account__in=accounts_of(by.person)) | Q(account__in=administered),
        user=OuterRef("pk"),
    )
    left = AccountMembership.objects.filter(account__in=administered, user=OuterRef("pk"))
    return User.objects.filter(Exists(theirs)).filter(Q(is_active=True) | Exists(left))


def people_found(by: Actor, text: str) -> tuple[list[User], bool]:
    """Those of them whose name holds every word, or whose email begins with it; twenty, and whether there are more."""
    text = " ".join(text.replace("\x00", "").split())[:200]
    if len(text) < FEWEST_LETTERS:
        return [], False
    fits = Q()
    for word in words_of(text.split())[:MOST_WORDS]:
        fits &= Q(name__icontains=word) | Q(email__istartswith=word)
    people = list(people_to_ask_about(by).filter(fits).order_by(Lower("name"), "pk")[: MOST_HITS + 1])
    return people[:MOST_HITS], len(people) > MOST_HITS


def answer_about(placement: Placement, by: Actor, now: datetime, person: UUID) -> Answer | None:
    """None where the asker may not ask about this person."""
    user = people_to_ask_about(by).filter(uuid=person).first()
    if user is None:
        return None
    people = People(placement, by, now)
    explanation = explain(people.facts_about([user.pk]), user.pk)
    emailed = {pk for pk in people.emailed if people.worklists[pk].owner_id == user.pk}
    ways = [way for way in explanation.ways if way.worklist in people.named | emailed]
    if ways:
        return Answer(user.name, user.email, [people.way(way) for way in ways])
    known = [reason for reason in explanation.reasons if may_know(people, reason, user, emailed)]
    named = Worklist.objects.with_names().in_bulk({each.worklist for each in known} - {None})
    sentences = [in_words(reason, named, user) for reason in known or [Reason(Obstacle.NOT_A_MEMBER)]]
    return Answer(user.name, user.email, reasons=list(dict.fromkeys(sentences)))


VIEWS = (Action.STUDY_OPEN, Action.IMAGES_SERVED, Action.STUDY_DOWNLOAD)
MOST_VIEWS = 20


def answer_then(placement: Placement, by: Actor, person: UUID, at: datetime) -> AnswerThen | None:
    """From the audit trail. Ask only for readers who know the original's trail; None as in `answer_about`."""
    user = people_to_ask_about(by).filter(uuid=person).first()
    if user is None:
        return None
    facts = facts_at(placement.study, [user.pk], at)
    if facts is None:
        return AnswerThen(user.name, user.email, at=at, is_known=False)
    explanation, accounts = explain(within(facts), user.pk), accounts_of(by.person)
    ids = set(facts.standings.places) | {pk for way in explanation.ways for pk in on_path(way)}
    named = Worklist.objects.with_names().in_bulk(ids)
    near = {pk for pk, each in named.items() if each.account_id in accounts or each.owner_id == user.pk}
    ways = [way for way in explanation.ways if way.worklist in near]
    sharers = {share.by for way in ways for share in way.path}
    names = dict(User.objects.filter(pk__in=sharers).values_list("pk", "name"))
    known = [reason for reason in explanation.reasons if reason.worklist is None or reason.worklist in near]
    reasons = [in_words(reason, named, user) for reason in known or [Reason(Obstacle.NOT_A_MEMBER)]]
    seen = AuditEvent.objects.filter(study_id=placement.study_id, by_id=user.pk, in_original=True)
    return AnswerThen(
        user.name,
        user.email,
        ways=[way_then(way, named, names) for way in ways],
        reasons=[] if ways else list(dict.fromkeys(reasons)),
        at=at,
        opened=list(seen.filter(action__in=VIEWS, at__lte=at).order_by("-id")[:MOST_VIEWS]),
    )


def _made_inside(study: int, share: ShareFact) -> bool:
    made = AuditEvent.objects.filter(study_id=study, action=Action.SHARE_ADD, share_uuid=share.uuid)
    return made.filter(in_original=True).exists()


def may_know(people: People, reason: Reason, user: User, emailed: set[int]) -> bool:
    """A reason that names a worklist: where the asker may name its members, and knows that the study was there."""
    worklist, share = reason.worklist, reason.share
    if worklist is None or worklist in people.near | emailed:
        return True
    place = people.worklists.get(worklist) or Worklist.objects.get(pk=worklist)
    is_known = place.owner_id == user.pk or place.account_id in people.accounts
    if not is_known or share is None:
        return False
    return share.source in people.inside or (people.knows_all and _made_inside(people.study, share))


def in_words(reason: Reason, named: dict[int, Worklist], user: User) -> str:
    place = named.get(reason.worklist) if reason.worklist is not None else None
    own = place is not None and place.owner_id == user.pk
    sentence = OWN[reason.obstacle] if own and reason.obstacle in OWN else SENTENCES[reason.obstacle]
    words: dict[str, Callable[[], Any]] = {
        "worklist": lambda: place.label if place is not None else "",
        "account": lambda: place.account.name if place is not None and place.account is not None else "",
        "role": lambda: reason.role,
        "moment": lambda: formats.moment(reason.at),
        "day": lambda: formats.day(last_moment(reason.at)),
        "why": lambda: str(Share.EndReason(reason.share.end_reason).label) if reason.share else "",
    }
    return _(sentence) % {word: say() for word, say in words.items() if f"%({word})s" in sentence}
