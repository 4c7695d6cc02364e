"""A person's access tokens: the list, making one, and revoking one."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import confirmed, signed_in
from audit.requests import actor_of
from worklists import selectors, services
from worklists.forms import STORE, TokenForm
from worklists.models import AccessToken, Worklist

both = require_http_methods(["GET", "HEAD", "POST"])


@signed_in
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    return render(request, "worklists/tokens.html", {"tokens": selectors.tokens_of(actor_of(request))})


@never_cache
@signed_in
@both
@confirmed
def new_token(request: HttpRequest) -> HttpResponse:
    """The secret is shown only in the answer to the post."""
    choices = [(str(place.uuid), _named(place)) for place in _to_choose(request)]
    form = TokenForm(request.POST or None, worklists=choices, zone=request.user.timezone)
    if request.method == "POST" and form.is_valid() and (made := _made(request, form)):
        return render(request, "worklists/token_once.html", {"token": made.token, "secret": made.secret})
    return render(request, "worklists/new_token.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@signed_in
@both
@confirmed
def revoke_token(request: HttpRequest, token: UUID) -> HttpResponse:
    """A page that asks first, and names the worklists that the token no longer reaches."""
    mine = _mine(request, token)
    if request.method == "POST":
        services.revoke_token(by=actor_of(request), token=mine.uuid)
        messages.success(request, _("The access token “%(name)s” no longer works.") % {"name": mine.name})
        return redirect("worklists:tokens")
    return render(request, "worklists/revoke_token.html", {"token": mine})


def _made(request: HttpRequest, form: TokenForm) -> services.NewToken | None:
    """None where the service refuses: the form then shows its sentence."""
    filled = form.cleaned_data
    try:
        return services.make_token(
            by=actor_of(request),
            name=filled["name"],
            worklists=[UUID(chosen) for chosen in filled["worklists"]],
            last_day=filled["last_day"],
            may_store=filled["scope"] == STORE,
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None


def _to_choose(request: HttpRequest) -> list[Worklist]:
    return list(selectors.worklists_for_a_token(actor_of(request)))


def _named(worklist: Worklist) -> str:
    if worklist.account is None:
        return _("My studies")
    return _("%(worklist)s, %(account)s") % {"worklist": worklist.label, "account": worklist.account.name}


def _mine(request: HttpRequest, token: UUID) -> AccessToken:
    listed = selectors.tokens_of(actor_of(request))
    mine = next((each for each in listed if each.uuid == token), None)
    if mine is None:
        raise Http404
    return mine
