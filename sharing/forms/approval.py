"""What an approver sends: the shares, the decision, and what the sharer reads with it."""

from collections.abc import Collection
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.text import uuids
from sharing.limits import MOST_NOTE, note_too_long

# The name of the field beside a share is this and the share's uuid.
OWN_MRN = "own-mrn-"


class ApprovalForm(forms.Form):
    """One of the two buttons. A share is declined with a message only: its sharer has to know what to do."""

    decision = forms.ChoiceField(choices=[("approve", ""), ("decline", "")])
    message = forms.CharField(
        label=gettext_lazy("Message to the person who shared"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=format_lazy(
            gettext_lazy(
                "Needed to decline. Shown under Shared by me, not in the email. Up to {most} characters."
            ),
            most=f"{MOST_NOTE:,}",
        ),
    )

    def check_own_mrns(self, chosen: Collection[UUID]) -> None:
        """A number beside a share that is not selected would be lost without a word."""
        if self.data.get("decision") == "approve" and {
            share for share, number in self.own_mrns.items() if number.strip()
        } - {*chosen}:
            self.add_error(None, _("You typed an own MRN beside a share that is not selected."))

    @property
    def own_mrns(self) -> dict[UUID, str]:
        """By the share: what was typed beside it."""
        typed = (name.removeprefix(OWN_MRN) for name in self.data if name.startswith(OWN_MRN))
        return {
            share: self.data[f"{OWN_MRN}{share}"]
            for share in uuids(typed)
            if f"{OWN_MRN}{share}" in self.data
        }

    def clean_message(self) -> str:
        message = self.cleaned_data["message"].replace("\r\n", "\n").strip()
        if len(message) > MOST_NOTE:
            raise ValidationError(note_too_long(len(message)))
        if not message and self.cleaned_data.get("decision") == "decline":
            raise ValidationError(_("Say why you decline, so that the person who shared knows what to do."))
        return message
