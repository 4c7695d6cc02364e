"""A structured report as nested lists. Every text in it is someone's, and is escaped."""

from collections.abc import Iterable

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.markup import format_html, format_html_join
from studies.beside.reports import Report, Statement
from studies.views.viewer_places import Place, Places


def report_markup(report: Report, places: Places) -> SafeString:
    return _list(report.content, places)


def _list(statements: Iterable[Statement], places: Places) -> SafeString:
    rows = [_row(statement, places) for statement in statements]
    return (
        format_html('<ul class="report-list">{}</ul>', SafeString("".join(rows))) if rows else SafeString("")
    )


def _row(statement: Statement, places: Places) -> SafeString:
    concept = statement.concept or ("" if statement.value else _("Without a name"))
    return format_html(
        '<li class="{}">{}{}{}{}{}{}</li>\n',
        "report-section" if statement.is_section else "report-item",
        format_html('<span class="report-relation">{}:</span> ', statement.relation)
        if statement.relation
        else "",
        format_html('<span class="report-concept"><bdi>{}</bdi></span> ', concept) if concept else "",
        _value(statement),
        format_html(' <span class="muted"><bdi>{}</bdi></span>', statement.note) if statement.note else "",
        _links([place for uid, frames in statement.places for place in places.of(uid, frames)]),
        _list(statement.parts, places),
    )


def _value(statement: Statement) -> SafeString:
    if not statement.value:
        return SafeString("")
    kind = "report-text" if statement.is_text else "report-value"
    return format_html('<span class="{}"><bdi>{}</bdi></span>', kind, statement.value)


def _links(places: list[Place]) -> SafeString:
    return format_html_join("", " {}", ((place_link(place),) for place in places))


def place_link(place: Place) -> SafeString:
    if not place.href:
        return format_html('<span class="muted">{}</span>', place.label)
    return format_html('<a href="{}">{}</a>', place.href, place.label)
