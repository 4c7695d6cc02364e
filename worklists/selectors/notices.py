"""Who is notified of an event on a worklist, and when: a person's own choices over the worklist's presets."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from django.db.models import CharField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from audit.actor import Actor
from worklists import access
from worklists.models import NoticeChoice, NoticeEvent, NoticePreset, NoticeTime, Worklist, WorklistMembership
from worklists.models.notices import OFFERED, preset_of
from worklists.selectors.places import worklists_to_pick

Times = dict[str, str]


class WorklistNotices(NamedTuple):
    """A worklist on the profile page: of how many events its reader is notified at once, and once a day."""

    worklist: Worklist
    now: int
    daily: int


def presets_of(worklist: Worklist) -> Times:
    """For each event what the members of a worklist start with."""
    own = dict(NoticePreset.objects.filter(worklist=worklist).values_list("event", "time"))
    return _over(own, {}, worklist)


def notice_times_of(by: Actor, worklist: Worklist) -> Times:
    """For each event when the person is notified of it there."""
    return times_by_worklist(by, [worklist])[worklist.pk]


def times_by_worklist(by: Actor, worklists: Collection[Worklist]) -> dict[int, Times]:
    """The same for some worklists: three statements however many."""
    person, wanted = by.person, [worklist.pk for worklist in worklists]
    chosen: dict[int, Times] = defaultdict(dict)
    presets: dict[int, Times] = defaultdict(dict)
    rows = NoticeChoice.objects.filter(user=person, worklist__in=wanted)
    for worklist_id, event, time in rows.values_list("worklist_id", "event", "time"):
        chosen[worklist_id][event] = time
    given = NoticePreset.objects.filter(worklist__in=wanted)
    for worklist_id, event, time in given.values_list("worklist_id", "event", "time"):
        presets[worklist_id][event] = time
    members = set(
        WorklistMembership.objects.filter(user=person, worklist__in=wanted).values_list(
            "worklist_id", flat=True
        )
    )
    return {
        worklist.pk: _over(
            presets[worklist.pk],
            chosen[worklist.pk],
            worklist,
            all_off=worklist.pk not in members and worklist.owner_id != person.pk,
        )
        for worklist in worklists
    }


def notice_rows_of(by: Actor) -> list[WorklistNotices]:
    """Every worklist whose list the person may see, with how much of it they are notified."""
    worklists = list(worklists_to_pick(by))
    times = times_by_worklist(by, worklists)
    offered = {pk: [of_worklist[event] for event in OFFERED] for pk, of_worklist in times.items()}
    return [
        WorklistNotices(
            worklist,
            offered[worklist.pk].count(NoticeTime.NOW),
            offered[worklist.pk].count(NoticeTime.DAILY),
        )
        for worklist in worklists
    ]


def people_to_tell(
    event: str,
    worklists: Collection[int],
    *,
    right: str = "list_studies",
    only: Collection[int] | None = None,
) -> dict[int, tuple[int, str]]:
    """The active people who hold the right on one of these worklists and want to be notified: where, and when.

    `only`: no one but these. A person on several of the worklists is notified by the one with the earliest time. The
    presets are for a worklist's own members and its owner: a person who is there only by *Every worklist* is notified
    where they chose so, or where it is about themselves (`only`).
    """
    choices: dict[int, dict[int, str]] = defaultdict(dict)
    rows = NoticeChoice.objects.filter(worklist__in=worklists, event=event)
    for user_id, worklist_id, time in rows.values_list("user", "worklist", "time"):
        choices[worklist_id][user_id] = time
    readers: dict[int, tuple[int, str]] = {}
    for worklist, preset in _with_preset(event, worklists):
        chosen = choices[worklist.pk]
        wanting = {user_id for user_id, time in chosen.items() if time != NoticeTime.OFF}
        if preset == NoticeTime.OFF and not wanting:
            continue
        holders = access.people_with(right, worklist)
        asked = Q(pk__in=wanting)
        if preset != NoticeTime.OFF:
            own = Q(worklist_memberships__worklist=worklist) | Q(personal_worklist=worklist)
            asked |= ~Q(pk__in=chosen) & (own if only is None else Q())
        people = holders.filter(asked).distinct()
        if only is not None:
            people = people.filter(pk__in=only)
        for user_id in people.values_list("pk", flat=True):
            time = chosen.get(user_id, preset)
            if user_id not in readers or time == NoticeTime.NOW != readers[user_id][1]:
                readers[user_id] = (worklist.pk, time)
    return readers


def _with_preset(event: str, worklists: Collection[int]) -> list[tuple[Worklist, str]]:
    """Each worklist with when its members are notified who have not chosen."""
    preset = NoticePreset.objects.filter(worklist=OuterRef("pk"), event=event).values("time")
    wanted = Worklist.objects.filter(pk__in=worklists).annotate(
        preset=Coalesce(Subquery(preset), Value("", CharField()))
    )
    return [
        (each, vars(each)["preset"] or preset_of(event, personal=each.is_personal))
        for each in wanted.order_by("pk")
    ]


def _over(
    presets: Mapping[str, str], chosen: Mapping[str, str], worklist: Worklist, *, all_off: bool = False
) -> Times:
    return {
        event: chosen.get(event)
        or (
            str(NoticeTime.OFF)
            if all_off and event in ABOUT_THE_WORKLIST
            else presets.get(event) or preset_of(event, personal=worklist.is_personal)
        )
        for event in NoticeEvent.values
    }


# WorklistNotices to everyone there; the others are notified to the person whom they are about.
ABOUT_THE_WORKLIST = frozenset(
    {NoticeEvent.SHARED_HERE, NoticeEvent.APPROVAL_NEEDED, NoticeEvent.ENDING_SOON}
)
