"""The parts of the Access page: a worklist, and a share with its path. A page may have two hundred of each."""

from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.components.studies import path_line
from common.components.words import day_or_moment, icon, pill
from common.markup import format_html, format_html_join
from common.nouns import counted
from sharing.selectors.access.shown import AccessPlace, Grant
from sharing.selectors.guest_link_rows import LinkRow

SENTENCE = '<p class="muted">{}</p>\n'
TO_NAMES = ' hx-get="?names={}" hx-trigger="toggle once" hx-target="find .access-names"'
KINDS = {
    "location": gettext_noop("location"),
    "group": gettext_noop("group"),
    "personal": gettext_noop("personal worklist"),
    "email": gettext_noop("by email"),
}


def share_line(grant: Grant, end: str) -> SafeString:
    """Path, since, until, by whom, and its end; `end` is the URL that ends shares, with where to go back to."""
    share, last_day = grant.share, grant.last_day
    button = ""
    if grant.may_end:
        url = f"{end}&share={share.uuid}"
        button = format_html(
            '<span class="actions"><a class="btn btn-plain btn-sm" href="{}">{}</a>\n'
            '<a class="btn btn-plain btn-sm" href="{}" hx-get="{}" hx-target="#dialog-body">{}</a></span>\n',
            reverse("sharing:receipt", args=[share.press]),
            format_html('{}<span class="visually-hidden">, {}</span>', _("Receipt"), grant.target),
            *(url, url),
            format_html(_('End<span class="visually-hidden"> the share with {}</span>'), grant.target),
        )
    return format_html(
        '<li class="grant"{}><div>{}\n<p class="grant-facts"><span>{}</span> <span>{}</span></p></div>\n{}</li>\n',
        format_html(' id="share-{}"', share.uuid) if grant.is_folded else "",
        path_line(grant.path),
        format_html(_("Since {}"), day_or_moment(share.shared_at, time=True)),
        format_html(_("Until {}"), day_or_moment(last_day)) if last_day else _("No end date"),
        button,
    )


def link_line(row: LinkRow, here: str) -> SafeString:
    """A guest link: to whom, by whom, how often it was opened, until when, its state, and its end."""
    link = row.link
    end = f"{reverse('sharing:end_guest_link', args=[link.uuid])}?{urlencode({'back': here})}"
    why = format_html(' <span class="muted">{}</span>', row.why) if row.why else ""
    return format_html(
        '<li class="grant"><div><p class="grant-link">{} {} {}{}</p>\n<p class="grant-facts">{}</p></div>\n'
        '<span class="actions"><a class="btn btn-plain btn-sm" href="{}" hx-get="{}" hx-target="#dialog-body">{}</a>'
        "</span></li>\n",
        icon("link"),
        format_html(_("Guest link for <bdi>{}</bdi>"), link.mark),
        pill(row.state, tone=row.tone),
        why,
        format_html_join(
            " ",
            "<span>{}</span>",
            [
                (format_html(_("Made by <bdi>{}</bdi>"), link.made_by.name),),
                (format_html(_("Since {}"), day_or_moment(link.made_at, time=True)),),
                (format_html(_("Until {}"), row.until),),
                (format_html(_("Opened {}"), row.opened),),
            ],
        ),
        *(end, end),
        format_html(_('End<span class="visually-hidden"> the guest link for {}</span>'), link.mark),
    )


def place_part(place: AccessPlace, end: str, here: str) -> SafeString:
    """A worklist the study is on: who is there, by which shares, and which guest links show it from there."""
    lines = [share_line(grant, end) for grant in place.grants]
    lines += [link_line(row, here) for row in place.links]
    original = _("This is the original. It stays until it is deleted.") if place.is_home else ""
    return format_html(
        '<section class="access-place"{}>\n{}{}{}{}</section>\n',
        format_html(' id="worklist-{}"', place.uuid) if place.uuid else "",
        _heading(place),
        format_html(SENTENCE, original) if original else "",
        format_html('<ul class="grants">{}</ul>\n', SafeString("".join(lines))) if lines else "",
        _people(place),
    )


def _heading(place: AccessPlace) -> SafeString:
    about: SafeString | str = ""
    if place.account:
        about = format_html(
            ' <span class="muted"><bdi>{}</bdi>, {}</span>', place.account, _(KINDS[place.kind])
        )
    elif place.kind in ("personal", "email"):
        about = format_html(' <span class="muted">{}</span>', _(KINDS[place.kind]))
    pills = [
        pill(text, tone=tone)
        for is_so, text, tone in (
            (place.is_home, _("Original"), "info"),
            (place.is_here and not place.is_home, _("This worklist"), "info"),
            (place.external, _("External"), "warn"),
        )
        if is_so
    ]
    until = place.last_day
    return format_html(
        "<h2><bdi>{}</bdi>{}\n{}\n{}</h2>\n",
        place.name,
        about,
        SafeString("".join(pills)),
        format_html('<span class="access-until">{}</span>', _until(until)) if until else "",
    )


def _until(last_day: object) -> SafeString:
    return format_html(_("until {}"), day_or_moment(last_day))


def _people(place: AccessPlace) -> SafeString | str:
    if not place.members:
        is_others = place.kind in ("location", "group")
        unknown = _("Only that organisation can see who its members are.")
        return format_html(SENTENCE, unknown) if is_others else ""
    names: SafeString = (
        render_to_string("sharing/_people_by_role.html", {"place": place})
        if place.roles
        else format_html(
            '<a href="?names={}#worklist-{}">{}</a>', place.uuid, place.uuid, _("Show the names")
        )
    )
    return format_html(
        '<details{}{}>\n<summary>{}</summary>\n<div class="access-names">{}</div>\n</details>\n',
        SafeString(" open") if place.is_open else "",
        "" if place.roles else format_html(TO_NAMES, place.uuid),
        format_html(_('<span class="num">{}</span> can see it here'), counted(place.members, "person")),
        names,
    )
