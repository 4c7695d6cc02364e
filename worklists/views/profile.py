"""A person's own page: details, share code, worklists and wanted mails. One URL for each action."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import signed_in
from accounts.models import User
from accounts.selectors import demands_on, sessions_of
from accounts.services import people
from audit.requests import actor_of
from worklists import selectors, services
from worklists.forms import DetailsForm
from worklists.models import Worklist
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
    return render(
        request, "worklists/worklist_rights.html", {"worklist": shown, "role": role, "rights": lines}
    )


@signed_in
@require_POST
def mail_tick(request: HttpRequest, worklist: UUID) -> HttpResponse:
    """`wanted` is "yes" or "no"."""
    about = _mine(request, worklist)
    wanted = request.POST.get("wanted")
    if wanted not in ("yes", "no"):
        messages.error(request, _("Choose whether you want email: yes or no."))
        return _page(request, _details(request.user), status=422)
    services.set_mail_tick(worklist=about, wanted=wanted == "yes", by=actor_of(request))
    sentence = _("Email about %(place)s is on.") if wanted == "yes" else _("Email about %(place)s is off.")
    messages.success(request, sentence % {"place": _("My studies") if about.is_personal else about.label})
    return redirect("worklists:profile")


def _mine(request: HttpRequest, worklist: UUID) -> Worklist:
    mine = selectors.worklists_to_pick(actor_of(request)).filter(uuid=worklist).first()
    if mine is None:
        raise Http404
    return mine


def _details(user: User) -> DetailsForm:
    return DetailsForm(initial={"name": user.name, "timezone": user.timezone})


def _page(request: HttpRequest, form: DetailsForm, status: int = 200) -> HttpResponse:
    ticks = Paginator(selectors.mail_ticks_of(actor_of(request)), WORKLISTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    own = request.user.personal_worklist
    here = request.session.session_key
    context = {
        "form": form,
        "ticks": ticks,
        "share_code": own.share_code,
        "takes_shares": own.takes_shares,
        "tokens": selectors.number_of_tokens(request.user),
        "browsers": len(sessions_of(request.user, demands=demands_on(request.user), this=here)),
    }
    return render(request, "worklists/profile.html", context, status=status)
