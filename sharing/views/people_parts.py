"""The parts of the pages by person: someone who can open a study, a way by which they can, and what they opened."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.components.studies import path_line
from common.components.words import day_or_moment, pill
from common.markup import format_html, format_html_join
from common.nouns import counted
from sharing.selectors.access.opened import Opened
from sharing.selectors.access.people import PeoplePage, ShownPerson, ShownWay
from sharing.selectors.access.people_then import PeopleThen


def person_line(person: ShownPerson, email: str = "", opened: Sequence[Opened] = ()) -> SafeString:
    """Someone who can open the study: the first way whole, the others short, and what they opened."""
    more = ""
    if person.more:
        more = _fact(format_html(_("And on {} more"), counted(person.more, "worklist")))
    return format_html(
        '<li class="grant"><div>\n<strong><bdi>{}</bdi></strong>{}\n{}\n{}{}{}</div></li>\n',
        person.name,
        format_html(' <span class="muted"><bdi>{}</bdi></span>', email) if email else "",
        way_line(person.first),
        SafeString("".join(_also_on(way) for way in person.others)),
        more,
        opened_list(opened) if opened else "",
    )


def way_line(way: ShownWay) -> SafeString:
    """A worklist where a person can open the study: path, role, since, until, by whom it was granted."""
    facts: list[SafeString | str] = []
    if way.role:
        facts.append(
            format_html(
                _("Role <bdi>{role}</bdi> on <bdi>{worklist}</bdi> ({why})"),
                role=way.role,
                worklist=way.worklist,
                why=way.why,
            )
        )
    facts.append(format_html(_("Since {}"), day_or_moment(way.since, time=True)))
    facts.append(
        format_html(_("Until {}"), day_or_moment(way.last_day)) if way.last_day else _("No end date")
    )
    facts.append(
        format_html(_("Granted by <bdi>{}</bdi>"), way.by) if way.by else _("The original’s own worklist")
    )
    pills = [
        pill(text, tone=tone)
        for is_so, text, tone in (
            (way.for_approval, _("Awaiting approval: may open images to decide"), "info"),
            (way.external, _("External"), "warn"),
        )
        if is_so
    ]
    return format_html(
        '{}\n<p class="grant-facts">{}{}</p>',
        path_line(way.path),
        format_html_join("\n", "<span>{}</span>", ((fact,) for fact in facts)),
        SafeString("".join(pills)),
    )


def people_context(shown: PeoplePage) -> dict[str, Any]:
    """What the page of those who can open the study now shows."""
    return {
        "access": shown,
        "people": _person_lines(shown.people),
        "emailed": _person_lines(shown.emailed),
        "links": _person_lines(shown.links),
    }


def way_lines(ways: Iterable[ShownWay]) -> list[SafeString]:
    return [format_html('<li class="grant"><div>{}</div></li>', way_line(way)) for way in ways]


def opened_list(opened: Iterable[Opened]) -> SafeString:
    """What of the study someone opened in a period: how often, first and last."""
    lines = ((each.label, _times(each)) for each in opened)
    return format_html('<ul class="opened">{}</ul>\n', format_html_join("\n", "<li>{}: {}</li>", lines))


def then_context(then: PeopleThen) -> dict[str, Any]:
    """What `_then.html` and `_then_beside.html` show, on a page and on paper."""
    return {
        "then": then,
        "people": [person_line(each.shown, each.email, each.opened) for each in then.people],
        "emailed": _person_lines(then.emailed),
        "links": _person_lines(then.links),
        "openers": [(each, opened_list(each.opened)) for each in then.openers],
    }


def _person_lines(people: Iterable[ShownPerson]) -> list[SafeString]:
    return [person_line(person) for person in people]


def _also_on(way: ShownWay) -> SafeString:
    named = {"worklist": way.worklist, "role": way.role}
    if not way.last_day:
        return _fact(
            format_html(_("Also on <bdi>{worklist}</bdi> as <bdi>{role}</bdi>, no end date"), **named)
        )
    until = day_or_moment(way.last_day)
    return _fact(
        format_html(
            _("Also on <bdi>{worklist}</bdi> as <bdi>{role}</bdi>, until {until}"), **named, until=until
        )
    )


def _fact(fact: SafeString) -> SafeString:
    return format_html('<p class="grant-facts"><span>{}</span></p>\n', fact)


def _times(opened: Opened) -> SafeString:
    first = day_or_moment(opened.first, time=True)
    if opened.times == 1:
        return first
    times, last = counted(opened.times, "time"), day_or_moment(opened.last, time=True)
    return format_html(_("{times}, first {first}, last {last}"), times=times, first=first, last=last)
