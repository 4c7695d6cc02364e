"""The form of a row that a service adds or changes."""

from typing import Any

from django import forms

from accounts.models import Account
from administration.choices import choices_in


class ServiceForm(forms.ModelForm):
    """Checks types alone: what is allowed, and the sentence when it is not, is the service's.

    A field that chooses rows offers those of `account`; `row` is changed, or None is added.
    """

    def __init__(self, *args: Any, account: Account | None, row: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, instance=row, **kwargs)
        self.account, self.row = account, row
        for field in self.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                rows = choices_in(account, field.queryset.model)
                if rows is not None:
                    field.queryset = rows

    def _post_clean(self) -> None:
        """Nothing is written to the row, and no constraint is tested: both are the service's."""
