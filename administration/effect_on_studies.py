"""Who gains and loses which studies by a change, in sentences, before it is made."""

from collections import defaultdict
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, AccountMembership, User
from common.nouns import counted
from sharing.selectors.what_if import COUNTED, Difference, WhatIf

# A page names so many people, and so many worklists of each.
PEOPLE, NAMED = 20, 6


def answer_with_effect(
    request: HttpRequest, lines: list[str], whole_page: Callable[[list[str]], HttpResponse]
) -> HttpResponse:
    """The effect of a change that is not saved: to htmx the sentences alone, otherwise the page with them."""
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "admin/_effect_on_studies.html", {"effect_on_studies": lines})
    return whole_page(lines)


def lines_of(what: WhatIf, account: Account | None, *, with_links: bool = True) -> list[str]:
    """A sentence for each person; of people and worklists that are not the account's, only how many.

    Without an account for superusers of the platform, who may read everything. `with_links`: and how many guest links
    end.
    """
    by_person: dict[User, list[Difference]] = defaultdict(list)
    elsewhere = set()
    people = {each.person.pk for each in what.differences}
    members = people
    if account is not None:
        ours = AccountMembership.objects.filter(account=account, user__in=people)
        members = set(ours.values_list("user", flat=True))
    for each in what.differences:
        # Of other accounts neither people nor worklists are named.
        is_ours = account is None or each.worklist.account_id in (None, account.pk)
        if is_ours and each.person.pk in members:
            by_person[each.person].append(each)
        else:
            elsewhere.add(each.person)
    named = list(by_person)
    lines = [
        sentence
        for person in named[:PEOPLE]
        for gains in (True, False)
        if (sentence := _line(person, [each for each in by_person[person] if each.gains is gains], gains))
    ]
    if more := max(len(named) - PEOPLE, 0) + what.more:
        lines.append(
            _("Not listed: %(people)s more with this role or membership.")
            % {"people": counted(more, "person")}
        )
    if elsewhere:
        outside = counted(len(elsewhere), "person")
        lines.append(
            _("Outside the account, %(people)s can no longer open studies that were shared onward.")
            % {"people": outside}
        )
    lines = lines or [_("No one gains or loses a study.")]
    if with_links and what.links:
        sentence = ngettext(
            "%(links)s ends, because the person who made it can then make none there.",
            "%(links)s end, because the people who made them can then make none there.",
            what.links,
        )
        lines.append(sentence % {"links": counted(what.links, "guest link")})
    return lines


def _line(person: User, differences: list[Difference], gains: bool) -> str:
    if not differences:
        return ""
    named = ", ".join(_worklist(each) for each in differences[:NAMED])
    if (more := len(differences) - NAMED) > 0:
        named = _("%(names)s and %(number)s more") % {"names": named, "number": more}
    sentence = (
        _("%(name)s can then open %(studies)s.") if gains else _("%(name)s can no longer open %(studies)s.")
    )
    return sentence % {"name": person.name or person.email, "studies": named}


def _worklist(each: Difference) -> str:
    number = counted(min(each.studies, COUNTED), "study")
    if each.studies > COUNTED:
        number = _("more than %(shares)s") % {"shares": number}
    place = each.worklist.name if each.worklist.account_id is not None else _("their own worklist")
    return _("%(studies)s on %(worklist)s") % {"studies": number, "worklist": place}
