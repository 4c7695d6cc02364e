"""Names of accounts, worklists and roles: two that read the same are the same name.

Each is stored as it was typed, and beside it as it is compared (`IdentityField`), where the database keeps it unique.
"""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from common.text import identity, tidy_text

# More than a name may have: compared, some characters are several.
LONGEST_IDENTITY = 600


class IdentityField(models.CharField):
    """Another field's text as it is compared, filled whenever the row is written.

    A row that was written without it (SQL, a release before this field) has none and is not compared.
    """

    def __init__(self, *, of: str, **kwargs: Any) -> None:
        self.of = of
        preset = {"max_length": LONGEST_IDENTITY, "editable": False, "blank": True, "db_default": ""}
        super().__init__(**{**preset, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        compared = identity(getattr(model_instance, self.of))[:LONGEST_IDENTITY]
        setattr(model_instance, self.attname, compared)
        return compared


def tidy_identity(name: str, *, what: str, longest: int) -> str:
    """A name as it is stored; raises ValidationError for a name that reads as nothing. `what` begins the sentence."""
    tidied = tidy_text(name, what=what, longest=longest)
    compared = identity(tidied)
    if not any(sign.isalnum() for sign in compared):
        sentence = _("%(what)s may not be without a letter or digit.")
        raise ValidationError(sentence % {"what": what}, code="empty")
    if len(compared) > LONGEST_IDENTITY:
        sentence = _("%(what)s may not be this long.")
        raise ValidationError(sentence % {"what": what}, code="long")
    return tidied


def check_name_is_free(name: str, others: models.QuerySet[Any], sentence: str) -> None:
    """Raises the sentence, filled with the name of the row among `others` that reads the same."""
    taken = others.filter(identity=identity(name)).values_list("name", flat=True).first()
    if taken is not None:
        raise ValidationError(sentence % {"name": taken}, code="taken")


def fill_identities(model: Any, *scope: str) -> Iterator[tuple[Any, str]]:
    """For a migration: fills every row, and yields each that was renamed, with its name before.

    Of rows of one scope that read the same, the oldest keeps its name; the others get a number behind theirs.
    """
    longest = model._meta.get_field("name").max_length
    rows = model.objects.exclude(name="").order_by("pk")
    taken = {(*(getattr(row, field) for field in scope), row.identity) for row in rows if row.identity}
    for row in rows.filter(identity=""):
        was, number, place = row.name, 1, tuple(getattr(row, field) for field in scope)
        while (compared := (*place, identity(row.name)[:LONGEST_IDENTITY])) in taken:
            number += 1
            behind = f" ({number})"
            row.name = was[: longest - len(behind)] + behind
        taken.add(compared)
        row.identity = compared[-1]
        model.objects.filter(pk=row.pk).update(name=row.name, identity=row.identity)
        if row.name != was:
            yield row, was
