"""A person's own page: details, share code, worklists and notifications. One URL for each action."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import signed_in
from accounts.models import User
from accounts.selectors import demands_on, sessions_of
from accounts.services import people
from audit.requests import actor_of
from worklists import selectors, services
from worklists.forms import DetailsForm, NoticesForm
from worklists.models import Worklist
from worklists.selectors.contacts import contacts_in_order
from worklists.services.personal import change_personal_code

WORKLISTS_A_PAGE = 50


@signed_in
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    return _page(request, _details(request.user))


@signed_in
@require_POST
def change_details(request: HttpRequest) -> HttpResponse:
    form = DetailsForm(request.POST)
    if form.is_valid():
        people.change_details(user=request.user, by=actor_of(request), **form.cleaned_data)
        messages.success(request, _("Your details were saved."))
        return redirect("worklists:profile")
    return _page(request, form, status=422)


@signed_in
@require_POST
def new_share_code(request: HttpRequest) -> HttpResponse:
    change_personal_code(by=actor_of(request), new=True)
    messages.success(request, _("You have a new share code. The old one, if you had one, no longer works."))
    return redirect("worklists:profile")


@signed_in
@require_POST
def remove_share_code(request: HttpRequest) -> HttpResponse:
    change_personal_code(by=actor_of(request), new=False)
    messages.success(request, _("Your share code was removed."))
    return redirect("worklists:profile")


@signed_in
@require_safe
def worklist_rights(request: HttpRequest, worklist: UUID) -> HttpResponse:
    """The person's rights on one worklist, and the role that gives them."""
    shown = _mine(request, worklist)
    lines = selectors.every_right(actor_of(request).rights(shown))
    role = selectors.role_on(request.user, shown)
    contacts = [] if shown.is_personal else [each for each in contacts_in_order(shown) if each.sees]
    context = {"worklist": shown, "role": role, "rights": lines, "contacts": contacts}
    return render(request, "worklists/worklist_rights.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest, worklist: UUID) -> HttpResponse:
    """When the person is notified of what happens on one worklist."""
    about, by = _mine(request, worklist), actor_of(request)
    form = NoticesForm(request.POST or None, initial=selectors.notice_times_of(by, about))
    if request.method == "POST" and form.is_valid():
        services.choose_notices(worklist=about, times=form.cleaned_data, by=by)
        messages.success(request, _("Your notifications were saved."))
        return redirect("worklists:profile")
    status = 422 if form.is_bound else 200
    return render(request, "worklists/notices.html", {"worklist": about, "form": form}, status=status)


def _mine(request: HttpRequest, worklist: UUID) -> Worklist:
    mine = selectors.worklists_to_pick(actor_of(request)).filter(uuid=worklist).first()
    if mine is None:
        raise Http404
    return mine


def _details(user: User) -> DetailsForm:
    return DetailsForm(initial={"name": user.name, "timezone": user.timezone})


def _page(request: HttpRequest, form: DetailsForm, status: int = 200) -> HttpResponse:
    shown = Paginator(selectors.notice_rows_of(actor_of(request)), WORKLISTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    own = request.user.personal_worklist
    here = request.session.session_key
    context = {
        "form": form,
        "shown": shown,
        "share_code": own.share_code,
        "takes_shares": own.takes_shares,
        "tokens": selectors.number_of_tokens(request.user),
        "browsers": len(sessions_of(request.user, demands=demands_on(request.user), this=here)),
    }
    return render(request, "worklists/profile.html", context, status=status)
