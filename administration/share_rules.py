"""Who may share with whom: the rules of an account in their order, and what a change would mean before it is saved."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import Account
from administration.change import Change, Done, Refusal
from administration.forms import ServiceForm
from administration.page import EditablePage
from audit.models import AuditEvent
from audit.requests import actor_of
from common.nouns import counted
from sharing import services
from sharing.models import ShareRule
from sharing.models.rule import LONGEST_REASON
from sharing.rule_words import words_of
from sharing.selectors.rule_effect import DAYS, RuleEffect, effect_without
from sharing.services.rules import Draft

FORBID, ALLOW = "forbid", "allow"
# Of a form that is to be seen again, and of one whose effect was shown.
AGAIN, CONFIRMED = "_again", "_confirmed"
ANY = {
    "from_worklist": gettext_lazy("Any worklist"),
    "from_kind": gettext_lazy("Any kind of worklist"),
    "method": gettext_lazy("Any way, guest links included"),
    "to_kind": gettext_lazy("Any kind of worklist"),
    "to_worklist": gettext_lazy("Choose a worklist"),
}


class ShareRuleForm(ServiceForm):
    verdict = forms.ChoiceField(
        label=gettext_lazy("This rule"),
        choices=[(FORBID, gettext_lazy("forbids")), (ALLOW, gettext_lazy("allows"))],
    )
    share_code = forms.CharField(
        label=gettext_lazy("Share code of the other account"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "Any of its codes. The rule is about the whole account. Needed for “Another account”."
        ),
    )
    place = forms.IntegerField(
        label=gettext_lazy("Place in the list"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=gettext_lazy("1 is read first. Leave empty for the last place."),
    )

    class Meta:
        model = ShareRule
        fields = (
            "from_worklist",
            "from_kind",
            "method",
            "to",
            "to_kind",
            "to_worklist",
            "to_domain",
            "reason",
        )
        labels = {
            "from_worklist": gettext_lazy("From"),
            "from_kind": gettext_lazy("Or from every"),
            "method": gettext_lazy("By"),
            "to": gettext_lazy("With"),
            "to_kind": gettext_lazy("Only with"),
            "to_worklist": gettext_lazy("The worklist"),
            "to_domain": gettext_lazy("The domain of the email addresses"),
            "reason": gettext_lazy("Reason"),
        }
        help_texts = {
            "to_kind": gettext_lazy("Does not apply to emails and guest links."),
            "to_worklist": gettext_lazy("Needed for “One worklist of this account”."),
            "to_domain": gettext_lazy(
                "Such as hospital.example; its subdomains too. Needed for “Email addresses of one domain”."
            ),
            "reason": format_lazy(
                gettext_lazy("People whose share is refused read it. Up to {most} characters."),
                most=LONGEST_REASON,
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, any_one in ANY.items():
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.empty_label = any_one
            else:
                field.choices = [("", any_one), *[choice for choice in field.choices if choice[0]]]
        if self.row is not None:
            self.initial["verdict"] = ALLOW if self.row.allows else FORBID
            self.initial["place"] = self.row.position
            if self.row.to_account is not None:
                kept = _("Leave empty to keep %(account)s.") % {"account": self.row.to_account.name}
                self.fields["share_code"].help_text = f"{self.fields['share_code'].help_text} {kept}"


@admin.register(ShareRule)
class ShareRuleAdmin(EditablePage):
    row_form = ShareRuleForm
    can_be_removed = True
    noun, nouns = gettext_noop("sharing rule"), gettext_noop("sharing rules")
    add_label = gettext_lazy("Add a rule")
    lead = gettext_lazy(
        "Who may share with whom. Rules are read from the top, and the first that fits a share decides. "
        "Where none fits, people may share as their roles allow. What is shared already stays shared."
    )
    ordering = ("account__name", "position")

    # The list

    def rows(self, request: HttpRequest) -> QuerySet[ShareRule]:
        names = ("account", "from_worklist", "to_worklist", "to_account")
        return super().rows(request).select_related(*names)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return ("what", "place", *self.account_column(request), "source", "way", "target", "why")

    @admin.display(description=gettext_lazy("Rule"))
    def what(self, rule: ShareRule) -> str:
        return words_of(rule).verdict

    @admin.display(description=gettext_lazy("Place"))
    def place(self, rule: ShareRule) -> str:
        return str(rule.position)

    @admin.display(description=gettext_lazy("From"))
    def source(self, rule: ShareRule) -> str:
        return words_of(rule).source

    @admin.display(description=gettext_lazy("By"))
    def way(self, rule: ShareRule) -> str:
        return words_of(rule).way

    @admin.display(description=gettext_lazy("With"))
    def target(self, rule: ShareRule) -> str:
        return words_of(rule).target

    @admin.display(description=gettext_lazy("Reason"))
    def why(self, rule: ShareRule) -> str:
        return rule.reason or self.empty_value_display

    # One rule

    def label_of(self, row: ShareRule) -> str:
        words = words_of(row)
        return _("%(verdict)s: %(source)s, %(way)s, with %(target)s") % words._asdict()

    def sections(
        self, row: ShareRule | None, form: ShareRuleForm
    ) -> list[tuple[str | None, tuple[str, ...]]]:
        return [
            (None, ("verdict",)),
            (_("Sharing from"), ("from_worklist", "from_kind")),
            (_("In this way"), ("method",)),
            (_("With"), ("to", "to_worklist", "share_code", "to_domain", "to_kind")),
            (_("In the list"), ("reason", "place")),
        ]

    def form_view(self, request: HttpRequest, account: Account | None, row: Any) -> HttpResponse:
        """A rule is saved only after a page that shows what it would mean."""
        if request.method != "POST" or CONFIRMED in request.POST:
            return super().form_view(request, account, row)
        form = self.row_form(request.POST, account=account, row=row)
        if AGAIN in request.POST or not form.is_valid():
            return self.form_page(request, row, form)
        try:
            draft = services.preview_share_rule(
                account=account, rule=row, **_given(form.cleaned_data), by=actor_of(request)
            )
        except (ValidationError, PermissionDenied) as cause:
            refusal = Refusal(cause)
            form.add_error(None, refusal.error)
            return refusal.answer(self.form_page(request, row, form), status=200)
        return self.render(
            request,
            "effect",
            title=_("What this rule means"),
            row_label=self.label_of(row) if row is not None else self.add_label,
            object=row,
            parts=_parts(draft),
            effect=effect_lines(draft.effect),
            kept={name: request.POST.get(name, "") for name in form.fields},
        )

    def add(self, change: Change) -> Done:
        filled = _given(change.filled)
        return self.added(services.add_share_rule(account=change.account, **filled, by=change.by))

    def change(self, change: Change) -> Done:
        filled = _given(change.filled)
        return self.saved(services.change_share_rule(rule=change.row, **filled, by=change.by))

    def about_removal(self, row: ShareRule) -> dict[str, Any]:
        return {"title": _("Delete this sharing rule?")}

    def what_ends(self, row: ShareRule) -> list[Any]:
        return [self.label_of(row), *effect_lines(effect_without(row))]

    def remove(self, change: Change) -> Done:
        return self.removed(services.remove_share_rule(rule=change.row, by=change.by))

    def history_events(self, row: ShareRule) -> QuerySet[AuditEvent]:
        about = AuditEvent.objects.filter(account_id=row.account_id)
        return about.filter(action__startswith="account:rule:", detail__rule_id=row.pk)


def _given(filled: Mapping[str, Any]) -> dict[str, Any]:
    """What the services take of a filled-in form."""
    parts = dict(filled)
    return {"allows": parts.pop("verdict") == ALLOW, "position": parts.pop("place"), **parts}


def _parts(draft: Draft) -> list[tuple[str, str]]:
    """A rule as it would be saved, for a list of terms."""
    words = words_of(draft.rule)
    places = {"place": draft.place, "places": len(draft.rules)}
    return [
        (_("Rule"), words.verdict),
        (_("From"), words.source),
        (_("By"), words.way),
        (_("With"), words.target),
        (_("Reason"), draft.rule.reason or _("none")),
        (_("Place"), _("%(place)s of %(places)s") % places),
    ]


def effect_lines(effect: RuleEffect) -> list[str]:
    """What would be different for the shares of the last days."""
    read = _("the shares of the last %(days)s days") % {"days": DAYS}
    if effect.is_cut:
        read = _("the latest %(shares)s") % {"shares": counted(effect.read, "share")}
    lines = []
    for numbers, text in (
        (effect.refused, gettext_noop("Of %(read)s, %(number)s would be refused: %(ways)s.")),
        (
            effect.allowed,
            gettext_noop("Of %(read)s, %(number)s would no longer be refused: %(ways)s."),
        ),
    ):
        if total := sum(numbers.values()):
            ways = ", ".join(f"{way} {number}" for way, number in numbers.items())
            lines.append(_(text) % {"read": read, "number": total, "ways": ways})
    if not lines:
        lines.append(_("Of %(read)s, none would have been decided differently.") % {"read": read})
    lines.append(_("No one gains or loses a study: what is shared already stays shared."))
    return lines
