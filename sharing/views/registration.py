"""From the link in an invitation's mail to a registered person. Works without script."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import tokens
from accounts.models import Invitation
from accounts.selectors import proved_emails
from accounts.services import invitations, registration
from audit.actor import Actor
from audit.requests import actor_of, ip_address_of
from common.responses import gone
from common.text import without_deceitful
from sharing.forms import RegisterForm, RegistrationCodeForm
from sharing.services import register_invited
from worklists.selectors.offers import offers_to
from worklists.selectors.upload_invitations import upload_address_of

# In the session: {"invitation": uuid, "generation": int} and, after the first step, "name" and the hashed
# "password".
KEY = "registration"
OF_THE_INVITATION = {"used", "ended", "registered"}

NEW_CODE = gettext_noop("We have sent a new code.")
CODE_SENT_JUST_NOW = gettext_noop("We sent a code a moment ago. Check your email again in a minute.")


@never_cache
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Keep the invitation of the link in the session, and redirect to a URL without the token.

    Following the link changes nothing else, so a mail scanner does no harm; a HEAD request is not noted.
    """
    invitation, generation = tokens.read_signed(token)
    if invitation is None:
        # The same for every token that is none, whatever is wrong with it.
        return render(request, "sharing/incomplete_invitation.html", status=404)
    if request.method == "GET":
        # An account that invited a registered person is not shown who they are.
        invitations.note_opening(invitation=invitation, by=Actor.stranger(ip_address_of(request)))
        opened = {"invitation": str(invitation.uuid), "generation": generation}
        # The same link once more, before the code is entered, keeps what was typed.
        if not opened.items() <= request.session.get(KEY, {}).items():
            request.session[KEY] = opened
    response = redirect("sharing:register")
    response["Referrer-Policy"] = "no-referrer"
    return response


def invited(view: Callable[[HttpRequest, Invitation], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Call the view with the invitation of the session, or answer why no one can register on it."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        kept = request.session.get(KEY)
        invitations_to_show = Invitation.objects.select_related(
            "account", "invited_by", "membership__role", "membership__offered_by"
        )
        invitation = invitations_to_show.filter(uuid=UUID(kept["invitation"])).first() if kept else None
        if invitation is None:
            return render(request, "sharing/no_invitation.html", status=404)
        if request.user.is_authenticated:
            return _signed_in_already(request, invitation)
        if invitation.generation != kept["generation"]:
            return gone(request, f"{_(registration.REPLACED)} {_('Use the latest invitation email.')}")
        try:
            registration.check_usable(invitation)
            return view(request, invitation)
        except ValidationError as refusal:
            if refusal.code not in OF_THE_INVITATION:
                raise
            return _refused(request, invitation, refusal)

    return checked


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@invited
def register(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Name and password; then a code is mailed to the invited email."""
    if request.method == "POST":
        return _filled(request, invitation)
    kept = dict(request.session[KEY])
    wrong, name = kept.pop("wrong", {}), {"name": kept.get("name", "")}
    form = RegisterForm(name if wrong else None, email=invitation.email, initial=name)
    if wrong:
        form.show_again(wrong)
        request.session[KEY] = kept
    context = {"form": form, "invitation": invitation, **who_invites(invitation)}
    context["send_to"] = upload_address_of(invitation)
    return render(request, "sharing/register.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@invited
def register_code(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The code from the mail proves that the email is theirs; a forwarded link alone does not."""
    kept = request.session[KEY]
    if "password" not in kept:
        return redirect("sharing:register")
    form = RegistrationCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code, leads_to = form.cleaned_data["code"], _leads_to(invitation)
        try:
            user = register_invited(
                invitation=invitation,
                name=kept["name"],
                password=kept["password"],
                code=code,
                by=actor_of(request),
            )
        except ValidationError as refusal:
            _show(form, refusal)
        else:
            del request.session[KEY]
            return perform_login(request, user, email=user.email, redirect_url=leads_to)
    context = {"form": form, "invitation": invitation}
    return render(request, "sharing/register_code.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
@invited
def resend_code(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if "password" not in request.session[KEY]:
        return redirect("sharing:register")
    try:
        fresh = registration.send_code(invitation=invitation, by=actor_of(request))
    except ValidationError as refusal:
        if refusal.code in OF_THE_INVITATION:
            raise
        messages.error(request, refusal.message)
    else:
        sentence = NEW_CODE if fresh else CODE_SENT_JUST_NOW
        messages.info(request, _(sentence))
    return redirect("sharing:register_code")


def _filled(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """What was typed wrongly is answered by a redirect to the form: Back then leads to the form as it was filled, and
    asks for nothing to be sent again. The password is not kept.
    """
    kept, form = request.session[KEY], RegisterForm(request.POST, email=invitation.email)
    if form.is_valid() and _mailed_code(request, invitation, form):
        values = {"name": form.cleaned_data["name"], "password": make_password(form.cleaned_data["password"])}
        request.session[KEY] = {**kept, **values}
        return redirect("sharing:register_code")
    request.session[KEY] = {**kept, "name": request.POST.get("name", "")[:200], "wrong": form.sentences()}
    return redirect("sharing:register")


def _mailed_code(request: HttpRequest, invitation: Invitation, form: RegisterForm) -> bool:
    try:
        registration.send_code(invitation=invitation, by=actor_of(request))
    except ValidationError as refusal:
        _show(form, refusal)
        return False
    return True


def _show(form: RegisterForm | RegistrationCodeForm, refusal: ValidationError) -> None:
    """An error in what was typed is shown in the form; a refusal of the invitation is raised again."""
    if refusal.code in OF_THE_INVITATION:
        raise refusal
    form.add_error("code" if "code" in form.fields else None, refusal)


def _signed_in_already(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if invitation.email in proved_emails(request.user):
        request.session.pop(KEY, None)
        offered = offers_to(request.user).filter(invitation=invitation).exists()
        return redirect("sharing:memberships" if offered else _leads_to(invitation))
    return render(request, "sharing/signed_in_as_other.html", {"invitation": invitation})


def _refused(request: HttpRequest, invitation: Invitation, refusal: ValidationError) -> HttpResponse:
    if refusal.code == "ended":
        return gone(request, f"{refusal.message} {whom_to_ask(invitation)}")
    request.session.pop(KEY, None)
    advice = "" if refusal.code == "registered" else _("Sign in with your address.")
    messages.info(request, f"{refusal.message} {advice}".strip())
    offered = getattr(invitation, "membership", None)
    if offered is not None and offered.ended_at is None:
        return redirect_to_login(reverse("sharing:memberships"), reverse("account_login"))
    if upload_address_of(invitation) is not None:
        return redirect_to_login(_leads_to(invitation), reverse("account_login"))
    return redirect("account_login")


def _leads_to(invitation: Invitation) -> str:
    """The upload address that the person was invited to; otherwise the studies."""
    worklist = upload_address_of(invitation)
    if worklist is None:
        return str(settings.LOGIN_REDIRECT_URL)
    return reverse("studies:upload_address", args=[worklist.share_code])


def who_invites(invitation: Invitation) -> dict[str, object]:
    """Who made the offer that the page shows: the waiting membership, or the shared studies."""
    offered = getattr(invitation, "membership", None)
    if offered is not None and offered.role is not None:
        return {"inviter": offered.offered_by, "role": offered.role}
    return {"inviter": invitation.invited_by, "role": None}


def whom_to_ask(invitation: Invitation) -> str:
    """A sentence with the name of the person, and of the account they invited for."""
    if invitation.invited_by is None:
        return _("Ask the people who run CIMAR for your organisation for a new invitation.")
    name = without_deceitful(invitation.invited_by.name)
    if invitation.account is None:
        return _("Ask %(name)s for a new invitation.") % {"name": name}
    account = without_deceitful(invitation.account.name)
    return _("Ask %(name)s at %(account)s for a new invitation.") % {"name": name, "account": account}
