"""Saved recipient lists in the share dialog: one is added to what is picked, or what is picked is saved as one."""

from functools import cached_property
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from audit.actor import Actor
from common.exceptions import NothingThere
from common.text import uuids
from sharing.forms import Picked
from sharing.models import ListedRecipient, RecipientList
from sharing.services import recipient_lists
from sharing.services.dialog import Offer

FOR_WORKLIST, REPLACE = "worklist", "replace"


class SavedLists:
    """What the form carries about lists: `list` is added now, `loaded` were added before."""

    def __init__(self, data: QueryDict, offer: Offer, by: Actor) -> None:
        self.offer, self.by = offer, by
        self.name, self.save_for = data.get("list_name", ""), data.get("list_for", "")
        self.adding = uuids(data.getlist("list"))
        self.before = uuids(data.getlist("loaded"))
        self.error = self.saved = ""
        self._rows: list[RecipientList] | None = None

    @property
    def rows(self) -> list[RecipientList]:
        if self._rows is None:
            self._rows = recipient_lists.offered_lists(offer=self.offer, by=self.by)
        return self._rows

    @property
    def loaded(self) -> list[UUID]:
        return list(dict.fromkeys([*self.before, *self.adding]))

    @property
    def is_open(self) -> bool:
        return bool(self.error or (self.name and not self.saved))

    @cached_property
    def refused(self) -> list[tuple[RecipientList, ListedRecipient, str]]:
        """Of the lists that were added, the recipients who cannot be shared with, each with the reason."""
        return [
            (each, recipient, reason)
            for each in self.rows
            if each.uuid in self.loaded
            for recipient, reason in self._sorted(each)[1]
        ]

    def pick(self, picked: Picked) -> None:
        """Add the recipients of the list whose button was pressed; a share code is read back like one that is typed."""
        for each in self.rows if self.adding else ():
            if each.uuid in self.adding:
                for recipient in self._sorted(each)[0]:
                    picked.add(recipient.method, recipient.value)

    def keep(self, picked: Picked) -> None:
        try:
            self.saved = self._save(picked).name
        except ValidationError as refusal:
            self.error = refusal.messages[0]
        except NothingThere:
            self.error = _("This list no longer exists.")
        # Read again with the list that was saved.
        self._rows = None

    def _save(self, picked: Picked) -> RecipientList:
        if picked.has_unchecked:
            raise ValidationError(
                _("Correct or clear the entries that are not recipients, then save the list.")
            )
        how, _colon, which = self.save_for.partition(":")
        if how != REPLACE:
            return recipient_lists.save_recipient_list(
                name=self.name,
                recipients=picked.targets(),
                offer=self.offer,
                by=self.by,
                for_worklist=how == FOR_WORKLIST,
            )
        uuid, _colon, version = which.partition(":")
        named = uuids([uuid])
        if not named or not version.isascii() or not version.isdigit() or len(version) > 9:
            raise NothingThere
        return recipient_lists.replace_recipients(
            recipient_list=named[0],
            version=int(version),
            recipients=picked.targets(),
            offer=self.offer,
            by=self.by,
        )

    def _sorted(self, each: RecipientList) -> tuple[list[ListedRecipient], list[tuple[ListedRecipient, str]]]:
        return recipient_lists.sort_recipients(each, offer=self.offer, by=self.by)
