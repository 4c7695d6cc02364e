"""How long what is shared lasts, by method: the page of an account's presets and longest lives."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, LifePolicy
from accounts.models.life import GUEST_LINK_LONGEST_DAYS, GUEST_LINK_MOST_DAYS, GUEST_LINK_PRESET_DAYS
from audit.requests import actor_of
from worklists import services
from worklists.permissions import check_administers
from worklists.services.life_policies import LifeDays

PRESET = gettext_lazy("Preset (days)")
LONGEST = gettext_lazy("Longest life (days)")
# A guest link always ends: what an empty number means, beside it.
EMPTY = {
    "preset_guest_link": format_lazy(gettext_lazy("{days} if left empty."), days=GUEST_LINK_PRESET_DAYS),
    "longest_guest_link": format_lazy(
        gettext_lazy("{days} if left empty, {most} at most."),
        days=GUEST_LINK_LONGEST_DAYS,
        most=GUEST_LINK_MOST_DAYS,
    ),
}


class LifeForm(forms.Form):
    """Two numbers for each method. What is allowed, and the sentence when it is not, is the service's."""

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = {row.method: row for row in LifePolicy.objects.filter(account=account)}
        for method in LifePolicy.Method:
            row = rows.get(method)
            for field, label in (("preset", PRESET), ("longest", LONGEST)):
                name = f"{field}_{method.value}"
                self.fields[name] = forms.IntegerField(
                    label=label, required=False, help_text=EMPTY.get(name, "")
                )
                self.initial[name] = getattr(row, f"{field}_days", None)

    def sections(self) -> list[tuple[Any, Any, Any]]:
        """The name of each method and its two fields."""
        return [
            (method.label, self[f"preset_{method.value}"], self[f"longest_{method.value}"])
            for method in LifePolicy.Method
        ]

    def lives(self) -> dict[str, LifeDays]:
        filled = self.cleaned_data
        return {
            method.value: LifeDays(filled[f"preset_{method.value}"], filled[f"longest_{method.value}"])
            for method in LifePolicy.Method
        }


def life_page(request: HttpRequest, page: Any, account: Account) -> HttpResponse:
    """GET shows the numbers, POST changes them."""
    by = actor_of(request)
    check_administers(by, account)
    form = LifeForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_life_policies(account=account, lives=form.lives(), by=by)
            messages.success(
                request, _("The end dates are saved. What is shared already keeps its end date.")
            )
            return HttpResponseRedirect(page.page_url("change", account.pk))
        except ValidationError as refusal:
            form.add_error(None, refusal)
    title = _("End dates of shares")
    answer: HttpResponse = page.render(
        request, "lives", 422 if form.errors else 200, title=title, object=account, form=form
    )
    return answer
