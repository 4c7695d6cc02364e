"""A worklist's share code: made, changed with a warning, removed, and printed on a card."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from administration.change import Refusal
from administration.worklist_tabs import render, url_of
from audit.requests import actor_of
from common.formats import code_groups
from common.nouns import counted
from common.text import identity_of_code
from sharing.selectors.worklists import CODE_DAYS, COUNTED, shares_by_code
from worklists import code_card, codes, services
from worklists.models import Worklist

CHANGE = gettext_noop("Change the share code")
MAKE, TYPE, REMOVE = "make", "type", "remove"
TEXTS = {
    MAKE: gettext_noop("Generate a code"),
    TYPE: gettext_noop("Use your own code"),
    REMOVE: gettext_noop("Remove the code (no one can then share with this worklist by code)"),
}


class ShareCodeForm(forms.Form):
    """What to do with the code. A typed code is checked here too: no warning is shown for a change that fails."""

    change = forms.ChoiceField(label=gettext_lazy("New share code"), widget=forms.RadioSelect)
    code = forms.CharField(
        label=gettext_lazy("Your own code"),
        required=False,
        max_length=100,
        help_text=format_lazy(
            gettext_lazy("{shortest} to {longest} letters and digits. Capitals and spaces do not matter."),
            shortest=codes.SHORTEST,
            longest=codes.LONGEST,
        ),
    )

    def __init__(self, *args: Any, worklist: Worklist, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worklist = worklist
        may_go = worklist.share_code and not worklist.is_front_door
        changes = [MAKE, TYPE, *([REMOVE] if may_go else [])]
        self.fields["change"].choices = [(change, _(TEXTS[change])) for change in changes]
        self.fields["change"].initial = MAKE

    def clean(self) -> dict[str, Any]:
        filled = super().clean() or {}
        if filled.get("change") == TYPE:
            filled["code"] = identity_of_code(filled.get("code") or "")
            if not codes.well_formed(filled["code"]):
                self.add_error("code", codes.WRONG_LENGTH)
            elif filled["code"] == self.worklist.share_code:
                self.add_error("code", _("This is already its share code."))
        return filled


@require_http_methods(["GET", "HEAD", "POST"])
def code_page(request: HttpRequest, page: Any, worklist: Worklist) -> HttpResponse:
    """A code in use is changed only after a page that shows what stops working."""
    form = ShareCodeForm(request.POST if request.method == "POST" else None, worklist=worklist)
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return _form_page(request, page, worklist, form, status)
    try:
        if worklist.share_code and request.POST.get("confirmed") != worklist.share_code:
            return _warning(request, page, worklist, form)
        changed = _change(request, worklist, form.cleaned_data)
    except (ValidationError, PermissionDenied) as cause:
        refusal = Refusal(cause)
        form.add_error("code" if form.cleaned_data["change"] == TYPE else None, refusal.sentence)
        return refusal.answer(_form_page(request, page, worklist, form, 422))
    messages.success(request, _done(changed))
    return HttpResponseRedirect(url_of("code", worklist.pk))


def _warning(request: HttpRequest, page: Any, worklist: Worklist, form: ShareCodeForm) -> HttpResponse:
    """What stops working with the code in use, after the check that the new code is free."""
    filled = form.cleaned_data
    typed = filled["code"] if filled["change"] == TYPE else ""
    if typed:
        services.check_share_code(worklist=worklist, share_code=typed, by=actor_of(request))
    return render(
        request, page, worklist, "code_warning", form=form, goes=_what_stops(worklist),
        title=_(CHANGE), current="code", new_code=typed, making=filled["change"] == MAKE,
    )  # fmt: skip


@require_safe
def card_page(request: HttpRequest, page: Any, worklist: Worklist) -> HttpResponse:
    """To be printed and put beside the telephone. A code is public: besides it, the card shows only names."""
    code = worklist.share_code
    url = f"{settings.CIMAR_BASE_URL}{reverse('sharing:with_code', args=[code])}" if code else ""
    picture = code_card.qr(url) if code else None
    return render(
        request, page, worklist, "card",
        title=_("Share code card"), current="code", picture=picture,
        site=urlsplit(settings.CIMAR_BASE_URL).netloc,
        groups=code_groups(code), spelled=", ".join(code or ""),
    )  # fmt: skip


def _form_page(
    request: HttpRequest, page: Any, worklist: Worklist, form: ShareCodeForm, status: int
) -> HttpResponse:
    return render(
        request, page, worklist, "code", status=status,
        title=worklist.name, kicker=_("Worklist"), current="code", form=form, brought=_brought(worklist),
        form_title=_(CHANGE) if worklist.share_code else _("Add a share code"),
    )  # fmt: skip


def _change(request: HttpRequest, worklist: Worklist, filled: dict[str, Any]) -> Worklist:
    if filled["change"] == MAKE:
        return services.make_share_code(worklist=worklist, by=actor_of(request))
    code = filled["code"] if filled["change"] == TYPE else None
    return services.change_worklist(worklist=worklist, share_code=code, by=actor_of(request))


def _done(worklist: Worklist) -> str:
    if worklist.share_code is None:
        return _("%(worklist)s no longer has a share code.") % {"worklist": worklist.name}
    named = {"worklist": worklist.name, "code": " ".join(code_groups(worklist.share_code))}
    return _("The share code of %(worklist)s is now %(code)s.") % named


def _brought(worklist: Worklist) -> str:
    """How many shares were made with the code lately; empty where there is no code."""
    if not worklist.share_code:
        return ""
    number = shares_by_code(worklist)
    if not number:
        return _("It has not been used in the last %(days)s days.") % {"days": CODE_DAYS}
    shares = counted(min(number, COUNTED), "share")
    if number > COUNTED:
        shares = _("more than %(shares)s") % {"shares": shares}
    return _("It was used for %(shares)s in the last %(days)s days.") % {"shares": shares, "days": CODE_DAYS}


def _what_stops(worklist: Worklist) -> list[str]:
    old = " ".join(code_groups(worklist.share_code))
    door = (
        [_("This worklist is the front door: its code stands for the whole hospital.")]
        if worklist.is_front_door
        else []
    )
    return [
        _("%(code)s stops working at once: on printed cards, on letterheads, in emails.") % {"code": old},
        *door,
        _brought(worklist),
        _("Studies already shared with it stay."),
    ]
