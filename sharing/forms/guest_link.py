"""What a person fills in for a guest link."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from common.form_errors import add_refusal
from sharing.forms.share import DATE_FORMATS, NOT_A_DATE
from sharing.selectors.guest_policy import Policy


class EndForm(forms.Form):
    """The last day of a link; what is too late is the service's to say."""

    until = forms.DateField(
        label=gettext_lazy("Last day"),
        input_formats=DATE_FORMATS,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": NOT_A_DATE, "required": gettext_lazy("Enter the last day of the link.")},
    )

    def bound_by(self, policy: Policy) -> None:
        """Before the form is shown: what the account and the studies allow."""
        self.initial.setdefault("until", policy.last_day(policy.preset))
        bounds = {"min": policy.today, "max": policy.last_day(policy.latest)}
        self.fields["until"].widget.attrs |= {name: day.isoformat() for name, day in bounds.items()}
        self.fields["until"].help_text = policy.in_words

    def refuse(self, refusal: ValidationError) -> None:
        add_refusal(self, refusal)


class GuestLinkForm(EndForm):
    """What the link may do. Its studies are picked beside it."""

    recipient_name = forms.CharField(
        label=gettext_lazy("Recipient’s name"),
        required=False,
        max_length=100,
        help_text=gettext_lazy(
            "How you and the audit trail tell the link from others. Do not name the patient."
        ),
    )
    recipient_email = forms.EmailField(
        label=gettext_lazy("Recipient’s email address"),
        required=False,
        max_length=254,
        help_text=gettext_lazy(
            "The link is emailed there. Leave empty to copy the link and send it yourself."
        ),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "6 characters or more. Give it to the recipient in another way, such as by telephone: it is never emailed, "
            "and not shown again. After 5 wrong passwords the link ends."
        ),
    )
    most_openings = forms.IntegerField(
        label=gettext_lazy("How often it can be opened"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Leave empty for no limit. A link that is open already stays open."),
    )
    may_download = forms.BooleanField(
        label=gettext_lazy("The recipient may download the images"), required=False
    )

    def given(self) -> dict[str, Any]:
        """As `make_guest_link` takes it."""
        filled = dict(self.cleaned_data)
        filled["expires_at"] = filled.pop("until")
        return filled


class GenerationForm(forms.Form):
    """Which URL of a link a new one replaces, and whether the recipient is sent the new one."""

    generation = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    mail = forms.BooleanField(required=False)
