"""The parts of the Access page: a worklist, and a share with its path. A page may have two hundred of each."""

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common.components.studies import path_line
from common.components.words import day_or_moment, pill
from common.nouns import counted
from sharing.selectors.access.shown import AccessPlace, Grant

RECEIVED_HERE = SafeString('<p class="muted">This is the original. It stays until it is deleted.</p>\n')
NOT_TO_KNOW = SafeString('<p class="muted">Only that organisation can see who its members are.</p>\n')
TO_NAMES = ' hx-get="?names={}" hx-trigger="toggle once" hx-target="find .access-names"'


def share_line(grant: Grant, end: str) -> SafeString:
    """Path, since, until, by whom, and its end; `end` is the URL that ends shares, with where to go back to."""
    share, last_day = grant.share, grant.last_day
    button = ""
    if grant.may_end:
        url = f"{end}&share={share.uuid}"
        button = format_html(
            '<a class="btn btn-plain btn-sm" href="{}" hx-get="{}" hx-target="#dialog-body">'
            'End<span class="visually-hidden"> the share with {}</span></a>\n',
            *(url, url, grant.target),
        )
    return format_html(
        '<li class="grant"{}><div>{}\n'
        '<p class="grant-facts"><span>Since {}</span> <span>{}</span></p></div>\n{}</li>\n',
        format_html(' id="share-{}"', share.uuid) if grant.is_folded else "",
        path_line(grant.path),
        day_or_moment(share.shared_at, time=True),
        format_html("Until {}", day_or_moment(last_day)) if last_day else "No end date",
        button,
    )


def place_part(place: AccessPlace, end: str) -> SafeString:
    """A worklist the study is on: who is there, and by which shares."""
    shares = format_html_join("", "{}", ((share_line(grant, end),) for grant in place.grants))
    return format_html(
        '<section class="access-place"{}>\n{}{}{}{}</section>\n',
        format_html(' id="worklist-{}"', place.uuid) if place.uuid else "",
        _heading(place),
        RECEIVED_HERE if place.is_home else "",
        format_html('<ul class="grants">{}</ul>\n', shares) if shares else "",
        _people(place),
    )


def _heading(place: AccessPlace) -> SafeString:
    kinds = {"personal": "personal worklist", "address": "by email"}
    about: SafeString | str = ""
    if place.account:
        about = format_html(' <span class="muted"><bdi>{}</bdi>, {}</span>', place.account, place.kind)
    elif place.kind in kinds:
        about = format_html(' <span class="muted">{}</span>', kinds[place.kind])
    pills = [
        pill(text, tone=tone)
        for is_so, text, tone in (
            (place.is_home, "Original", "info"),
            (place.is_here and not place.is_home, "This worklist", "info"),
            (place.external, "External", "warn"),
        )
        if is_so
    ]
    until = place.last_day
    return format_html(
        "<h2><bdi>{}</bdi>{}\n{}\n{}</h2>\n",
        place.name,
        about,
        SafeString("".join(pills)),
        format_html('<span class="access-until">until {}</span>', day_or_moment(until)) if until else "",
    )


def _people(place: AccessPlace) -> SafeString | str:
    if not place.members:
        return NOT_TO_KNOW if place.kind in ("location", "group") else ""
    names: SafeString = (
        render_to_string("sharing/_people_by_role.html", {"place": place})
        if place.roles
        else format_html('<a href="?names={}#worklist-{}">Show the names</a>', place.uuid, place.uuid)
    )
    return format_html(
        '<details{}{}>\n<summary><span class="num">{}</span> can see it here</summary>\n'
        '<div class="access-names">{}</div>\n</details>\n',
        SafeString(" open") if place.is_open else "",
        "" if place.roles else format_html(TO_NAMES, place.uuid),
        counted(place.members, "person"),
        names,
    )
