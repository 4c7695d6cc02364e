"""The shares of people who left an account, and the member who takes them over."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, User
from administration.change import Refusal
from audit.requests import actor_of
from common.nouns import counted
from sharing.selectors.left_shares import LeftShares, shares_left
from sharing.services import take_over_shares
from worklists.permissions import check_administers


class TakeOverForm(forms.Form):
    """Whose shares, and who takes them over: an active member of the account."""

    person = forms.ModelChoiceField(
        User.objects.none(), label=gettext_lazy("Shares of"), empty_label=gettext_lazy("Choose a person")
    )
    successor = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Taken over by"),
        empty_label=gettext_lazy("Choose a person"),
        help_text=gettext_lazy("A member who may share from the same worklists."),
    )

    def __init__(self, *args: Any, account: Account, left: list[LeftShares], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leavers = User.objects.filter(pk__in=[each.person.pk for each in left])
        members = User.objects.filter(
            is_active=True, account_memberships__account=account, account_memberships__active=True
        )
        self.fields["person"].queryset = leavers.order_by("name", "email")
        self.fields["successor"].queryset = members.order_by("name", "email")


def left_shares_page(request: HttpRequest, page: Any, account: Account) -> HttpResponse:
    """GET shows whose shares stayed, POST lets a member take over those of one person."""
    by = actor_of(request)
    check_administers(by, account)
    left = shares_left(account)
    posted = request.POST if request.method == "POST" else None
    form = TakeOverForm(posted, account=account, left=left)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            taken = take_over_shares(account=account, **form.cleaned_data, by=by)
        except (ValidationError, PermissionDenied) as cause:
            refusal = Refusal(cause)
            refusal.add_to(form)
        else:
            messages.success(request, _done(form.cleaned_data["successor"], taken.shares, taken.left))
            return HttpResponseRedirect(page.page_url("left_shares", account.pk))
    title = _("Shares of people who left")
    answer: HttpResponse = page.render(
        request, "left_shares", 422 if form.errors else 200, title=title, object=account, form=form, left=left
    )
    return refusal.answer(answer) if refusal is not None else answer


def _done(successor: User, shares: int, left: int) -> str:
    sentence = _("%(name)s has taken over %(shares)s.")
    done = sentence % {"name": successor.name or successor.email, "shares": counted(shares, "share")}
    if not left:
        return done
    rest = _("Not taken over: %(shares)s. This person may not share from the worklists of these shares.")
    return f"{done} {rest % {'shares': counted(left, 'share')}}"
