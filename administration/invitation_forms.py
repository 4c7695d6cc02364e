"""What is typed to invite one person, or several by a list."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import Account, Role
from administration.invitation_table import TOO_LARGE, as_text
from common.text import NOT_AN_EMAIL
from studies.ingest.refusals import EMPTY
from worklists.models import Worklist
from worklists.services import MembershipOffer
from worklists.services.common import NO_SUCH_ROLE, NO_SUCH_WORKLIST

# Shown on a person's page too.
ROLE_HELP = gettext_lazy(
    "Applies wherever neither a role of their own nor the default role of a worklist applies to the person."
)
EVERY_WORKLIST = gettext_noop("Every worklist")
EVERY_WORKLIST_HELP = gettext_lazy(
    "Gives the person access to every location and group of the account, including new ones."
)
ROWS = 3
MOST_ROWS = 60


class PlaceForm(forms.Form):
    """A worklist, and the person's role there."""

    worklist = forms.ModelChoiceField(
        Worklist.objects.none(), required=False, label=gettext_lazy("Worklist"), empty_label=gettext_lazy("None"),
        error_messages={"invalid_choice": gettext_lazy(NO_SUCH_WORKLIST)},
    )  # fmt: skip
    role = forms.ModelChoiceField(
        Role.objects.none(), required=False, label=gettext_lazy("Role there"),
        empty_label=gettext_lazy("The worklist’s default role or, without one, the account role"),
        error_messages={"invalid_choice": gettext_lazy(NO_SUCH_ROLE)},
    )  # fmt: skip

    def __init__(self, *args: Any, worklists: Any, roles: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["worklist"].queryset = worklists
        self.fields["worklist"].label_from_instance = _with_kind
        self.fields["role"].queryset = roles
        # One reading of each table serves every row of the page.
        for name in ("worklist", "role"):
            self.fields[name].widget.choices = list(self.fields[name].choices)


def _with_kind(worklist: Worklist) -> str:
    return f"{worklist.name} ({worklist.get_kind_display().lower()})"


class InviteForm(forms.Form):
    """One person: address, role in the account, worklists."""

    email = forms.EmailField(
        label=gettext_lazy("Email"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the email address."), "invalid": gettext_lazy(NOT_AN_EMAIL)},
        help_text=gettext_lazy(
            "A registered person is added at once. Anyone else gets an email with a link to register."
        ),
    )  # fmt: skip
    role = forms.ModelChoiceField(
        Role.objects.none(), label=gettext_lazy("Account role"), empty_label=gettext_lazy("Choose a role"),
        error_messages={"required": gettext_lazy("Choose a role."), "invalid_choice": gettext_lazy(NO_SUCH_ROLE)},
        help_text=ROLE_HELP,
    )  # fmt: skip
    every_worklist = forms.BooleanField(
        label=gettext_lazy(EVERY_WORKLIST), required=False,
        help_text=EVERY_WORKLIST_HELP,
    )  # fmt: skip
    rows = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = Role.objects.filter(account=account).order_by("name")
        worklists = Worklist.objects.filter(account=account).order_by("-kind", "name")
        self.fields["role"].queryset = roles
        asked = self.data.get("rows", "") if self.is_bound else ""
        shown = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else ROWS
        if self.data.get("more"):
            shown += ROWS
        self.n_rows = max(ROWS, min(shown, MOST_ROWS))
        self.places = [
            PlaceForm(
                self.data if self.is_bound else None, prefix=f"place-{n}", worklists=worklists, roles=roles
            )
            for n in range(self.n_rows)
        ]

    def is_valid(self) -> bool:
        """The form with every one of its rows."""
        return all([super().is_valid(), *(place.is_valid() for place in self.places)])

    def offer(self) -> MembershipOffer:
        filled = self.cleaned_data
        places = [place.cleaned_data for place in self.places]
        chosen = tuple(
            (place["worklist"], place["role"]) for place in places if place["worklist"] is not None
        )
        return MembershipOffer(filled["email"], filled["role"], chosen, filled["every_worklist"])


class InvitationListForm(forms.Form):
    """A list, pasted or as a file; the file counts where both are given."""

    pasted = forms.CharField(
        label=gettext_lazy("Paste the list"), required=False, strip=False, max_length=100_000,
        widget=forms.Textarea({"rows": 10, "spellcheck": "false", "autocomplete": "off"}),
        error_messages={"max_length": gettext_lazy(TOO_LARGE)},
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("Or choose a CSV file"),
        required=False,
        help_text=gettext_lazy("Text in UTF-8, separated by commas, semicolons or tabs."),
        error_messages={"empty": gettext_lazy(EMPTY)},
        widget=forms.FileInput({"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if cleaned.get("file"):
            # One byte more than is allowed is enough to say so.
            cleaned["text"] = as_text(cleaned["file"].read(100_001))
        elif cleaned.get("pasted", "").strip():
            cleaned["text"] = cleaned["pasted"]
        else:
            raise forms.ValidationError(_("Paste a list or choose a file."))
        return cleaned
