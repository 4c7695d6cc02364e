"""A worklist's share code: made, changed with a warning, taken away, and printed on a card."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
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

MAKE, TYPE, REMOVE = "make", "type", "remove"
TEXTS = {
    MAKE: "Generate a code",
    TYPE: "Use your own code",
    REMOVE: "Remove the code (no one can then share with this worklist by code)",
}


class ShareCodeForm(forms.Form):
    """What is to become of the code. A typed one is looked at here too: nobody is warned of a change that fails."""

    deed = forms.ChoiceField(label="New share code", widget=forms.RadioSelect)
    code = forms.CharField(
        label="Your own code",
        required=False,
        max_length=100,
        help_text=f"{codes.SHORTEST} to {codes.LONGEST} letters and digits. Capitals and spaces do not matter.",
    )

    def __init__(self, *args: Any, worklist: Worklist, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worklist = worklist
        may_go = worklist.share_code and not worklist.is_front_door
        deeds = [MAKE, TYPE, *([REMOVE] if may_go else [])]
        self.fields["deed"].choices = [(deed, TEXTS[deed]) for deed in deeds]
        self.fields["deed"].initial = MAKE

    def clean(self) -> dict[str, Any]:
        filled = super().clean() or {}
        if filled.get("deed") == TYPE:
            filled["code"] = identity_of_code(filled.get("code") or "")
            if not codes.well_formed(filled["code"]):
                self.add_error("code", codes.WRONG_LENGTH)
            elif filled["code"] == self.worklist.share_code:
                self.add_error("code", "This is already its share code.")
        return filled


@require_http_methods(["GET", "HEAD", "POST"])
def code_page(request: HttpRequest, page: Any, worklist: Worklist) -> HttpResponse:
    """A code that is in use is changed only after a page that says what stops working."""
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
        form.add_error("code" if form.cleaned_data["deed"] == TYPE else None, refusal.sentence)
        return refusal.answer(_form_page(request, page, worklist, form, 422))
    messages.success(request, _done(changed))
    return HttpResponseRedirect(url_of("code", worklist.pk))


def _warning(request: HttpRequest, page: Any, worklist: Worklist, form: ShareCodeForm) -> HttpResponse:
    """What stops working with the code in use, once it is known that the new code can be had."""
    filled = form.cleaned_data
    typed = filled["code"] if filled["deed"] == TYPE else ""
    if typed:
        services.check_share_code(worklist=worklist, share_code=typed, by=actor_of(request))
    return render(
        request, page, worklist, "code_warning", form=form, goes=_what_stops(worklist),
        title="Change the share code", current="code", new_code=typed, making=filled["deed"] == MAKE,
    )  # fmt: skip


@require_safe
def card_page(request: HttpRequest, page: Any, worklist: Worklist) -> HttpResponse:
    """To be printed and put beside the telephone. A code is public: the card shows nothing else but names."""
    picture = code_card.qr(worklist.share_code) if worklist.share_code else None
    return render(
        request, page, worklist, "card",
        title="Share code card", current="code", picture=picture, site=urlsplit(settings.CIMAR_BASE_URL).netloc,
        groups=code_groups(worklist.share_code), spelled=", ".join(worklist.share_code or ""),
    )  # fmt: skip


def _form_page(
    request: HttpRequest, page: Any, worklist: Worklist, form: ShareCodeForm, status: int
) -> HttpResponse:
    return render(
        request, page, worklist, "code", status=status,
        title=worklist.name, kicker="Worklist", current="code", form=form, brought=_brought(worklist),
        form_title="Change the share code" if worklist.share_code else "Add a share code",
    )  # fmt: skip


def _change(request: HttpRequest, worklist: Worklist, filled: dict[str, Any]) -> Worklist:
    if filled["deed"] == MAKE:
        return services.make_share_code(worklist=worklist, by=actor_of(request))
    code = filled["code"] if filled["deed"] == TYPE else None
    return services.change_worklist(worklist=worklist, share_code=code, by=actor_of(request))


def _done(worklist: Worklist) -> str:
    if worklist.share_code is None:
        return f"{worklist.name} no longer has a share code."
    return f"The share code of {worklist.name} is now {' '.join(code_groups(worklist.share_code))}."


def _brought(worklist: Worklist) -> str:
    """How many shares came by the code lately; nothing where there is none."""
    number = shares_by_code(worklist) if worklist.share_code else 0
    if not number:
        return f"It has not been used in the last {CODE_DAYS} days." if worklist.share_code else ""
    many = f"more than {COUNTED:,} shares" if number > COUNTED else counted(number, "share")
    return f"It was used for {many} in the last {CODE_DAYS} days."


def _what_stops(worklist: Worklist) -> list[str]:
    old = " ".join(code_groups(worklist.share_code))
    door = (
        ["This worklist is the front door: its code stands for the whole hospital."]
        if worklist.is_front_door
        else []
    )
    return [
        f"{old} stops working at once: on printed cards, on letterheads, in emails.",
        *door,
        _brought(worklist),
        "Studies already shared with it stay.",
    ]
