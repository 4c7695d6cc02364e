"""A person's own memberships of accounts: offers to accept or decline, and leaving."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import signed_in
from accounts.models import AccountMembership
from audit.requests import actor_of
from common.exceptions import NothingThere
from common.nouns import counted
from sharing.selectors import Leaving, what_ends_by_leaving
from sharing.selectors.leaving_beside import beside_leaving
from sharing.services import leave_account
from worklists.selectors import why_member_stays
from worklists.selectors.offers import offers_with_names, own_memberships
from worklists.services import accept_offer, decline_offer


@never_cache
@signed_in
@require_safe
def memberships(request: HttpRequest) -> HttpResponse:
    context = {
        "offers": offers_with_names(request.user),
        "memberships": own_memberships(request.user),
    }
    return render(request, "sharing/memberships.html", context)


@signed_in
@require_POST
def accept(request: HttpRequest, offer: UUID) -> HttpResponse:
    try:
        made = accept_offer(invitation=offer, offered_at=_shown(request), by=actor_of(request))
    except NothingThere:
        raise Http404 from None
    except ValidationError as refusal:
        messages.error(request, refusal.message)
    else:
        if made:
            messages.success(request, _("You are now a member. The worklists are in your list."))
        else:
            messages.error(
                request,
                _("The person who made this offer may no longer do so. Ask the account for a new one."),
            )
    return redirect("sharing:memberships")


@signed_in
@require_POST
def decline(request: HttpRequest, offer: UUID) -> HttpResponse:
    try:
        account = decline_offer(invitation=offer, by=actor_of(request))
    except NothingThere:
        raise Http404 from None
    sentence = _("You declined the membership of %(account)s. Nothing has changed for you.")
    messages.success(request, sentence % {"account": account.name})
    return redirect("sharing:memberships")


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, account: UUID) -> HttpResponse:
    """GET shows what ends, POST leaves."""
    mine = own_memberships(request.user).filter(account__uuid=account).first()
    if mine is None:
        raise Http404
    refusal = ""
    if request.method == "POST":
        try:
            leave_account(membership=mine.pk, by=actor_of(request), remove=True)
        except ValidationError as error:
            refusal = error.messages[0]
        else:
            messages.success(request, _("You have left %(account)s.") % {"account": mine.account.name})
            return redirect("sharing:memberships")
    context = {"membership": mine, "goes": leaving_lines(mine), "refusal": refusal}
    context["stays"] = "" if refusal else why_member_stays(mine)
    return render(request, "sharing/leave_account.html", context, status=422 if refusal else 200)


def _shown(request: HttpRequest) -> datetime | None:
    """The time of the offer that the page showed; a text that is none matches no offer."""
    try:
        shown = parse_datetime(request.POST.get("offered_at", "")[:40])
    except ValueError:
        shown = None
    return shown


def leaving_lines(membership: AccountMembership) -> list[tuple[int | None, str]]:
    """What ends when the person leaves, a sentence each, before it is done."""
    ends = what_ends_by_leaving(membership)
    lines = [_shares(membership, ends)]
    if ends.onward:
        sentence = ngettext("share you made of them ends too", "shares made of them end too", ends.onward)
        lines.append((ends.onward, sentence))
    if ends.kept:
        sentence = ngettext(
            "of these studies stays visible to you through other shares",
            "of these studies stay visible to you through other shares",
            ends.kept,
        )
        lines.append((ends.kept, sentence))
    if places := len(ends.worklists):
        names = ", ".join(worklist.name for worklist in ends.worklists[:12])
        sentence = ngettext(
            "worklist you can no longer see: %(names)s", "worklists you can no longer see: %(names)s", places
        )
        lines.append((places, sentence % {"names": names if places <= 12 else f"{names} …"}))
    lines += beside_leaving(membership).lines(to_themselves=True)
    lines.append((None, _("Shares you made from the account’s worklists stay.")))
    lines.append((None, _("To come back, you must be invited again.")))
    return lines


def _shares(membership: AccountMembership, ends: Leaving) -> tuple[int | None, str]:
    names = {"account": membership.account.name, "studies": counted(ends.studies, "study")}
    if not ends.shares:
        return None, _("No share ends: no one at %(account)s has shared a study with you.") % names
    sentence = ngettext(
        "share with you as a physician of %(account)s ends (%(studies)s)",
        "shares with you as a physician of %(account)s end (%(studies)s)",
        ends.shares,
    )
    return ends.shares, sentence % names
