"""A person's page on which they are added to worklists of the account."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import AccountMembership, Role
from administration.change import Refusal
from administration.effect_on_studies import answer_with_effect, lines_of
from administration.page import EFFECT
from administration.worklist_tabs import ADDED
from audit.requests import actor_of
from common.nouns import counted
from sharing.selectors.what_if import if_worklist_member
from worklists import services
from worklists.models import Worklist
from worklists.selectors import worklists_to_add
from worklists.selectors.tokens import NO_WORKLIST

A_PAGE = 50


class WorklistsForm(forms.Form):
    """Ticked worklists, and the role on all of them. Only worklists that the person is not on are choices."""

    worklist = forms.ModelMultipleChoiceField(
        Worklist.objects.none(),
        label=gettext_lazy("Worklist"),
        to_field_name="uuid",
        error_messages={"required": gettext_lazy(NO_WORKLIST)},
    )
    role = forms.ModelChoiceField(
        Role.objects.none(),
        required=False,
        label=gettext_lazy("Role there"),
        empty_label=gettext_lazy("No role of their own"),
        help_text=gettext_lazy(
            "Without one, the default role of the worklist applies or, where it has none, the account role."
        ),
    )

    def __init__(self, *args: Any, membership: AccountMembership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["worklist"].queryset = worklists_to_add(membership)
        self.fields["role"].queryset = Role.objects.filter(account=membership.account_id).order_by("name")


@require_http_methods(["GET", "HEAD", "POST"])
def add_to_worklists_page(request: HttpRequest, page: Any, membership: AccountMembership) -> HttpResponse:
    """Find worklists of the account, tick them, give the person a role there."""
    if request.method != "POST":
        return _page(request, page, membership, WorklistsForm(membership=membership))
    form = WorklistsForm(request.POST, membership=membership)
    if not form.is_valid():
        return _page(request, page, membership, form, 422)
    if EFFECT in request.POST:
        return _effect(request, page, membership, form)
    try:
        made = services.add_to_worklists(
            membership=membership,
            worklists=list(form.cleaned_data["worklist"]),
            role=form.cleaned_data["role"],
            by=actor_of(request),
        )
    except (ValidationError, PermissionDenied) as cause:
        refusal = Refusal(cause)
        form.add_error(None, refusal.error)
        return refusal.answer(_page(request, page, membership, form))
    named = {"name": page.label_of(membership), "worklist": counted(len(made), "worklist")}
    messages.success(request, _(ADDED) % named)
    return HttpResponseRedirect(page.page_url("change", membership.pk))


def _effect(
    request: HttpRequest, page: Any, membership: AccountMembership, form: WorklistsForm
) -> HttpResponse:
    """What the person would gain and lose, to htmx alone. Nothing is saved."""
    first, *also = form.cleaned_data["worklist"].with_names()
    what = if_worklist_member(first, [membership.user_id], role=form.cleaned_data["role"], also=also)
    lines = lines_of(what, membership.account)
    return answer_with_effect(
        request, lines, lambda effect: _page(request, page, membership, form, effect=effect)
    )


def _page(
    request: HttpRequest,
    page: Any,
    membership: AccountMembership,
    form: WorklistsForm,
    status: int = 200,
    effect: Sequence[str] = (),
) -> HttpResponse:
    find = request.GET.get("q", "").strip()[:200]
    shown = Paginator(worklists_to_add(membership, find), A_PAGE).get_page(request.GET.get("page"))
    label = page.label_of(membership)
    return page.render(
        request, "worklists", status=status,
        title=_("Add %(name)s to worklists") % {"name": label}, label=label, object=membership,
        form=form, page=shown, find=find, ticked=set(request.POST.getlist("worklist")),
        effect_on_studies=effect, back=page.page_url("change", membership.pk),
    )  # fmt: skip
