"""Saved recipient lists: kept, changed and deleted. A list gives no right: its recipients are checked at each use.

No event holds a recipient of a list: the email of a person who is taken off a list stays nowhere.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from audit.actions import Action
from audit.actor import Actor
from audit.services import On, event, record, record_all
from common.exceptions import NothingThere
from common.names import check_name_is_free, tidy_identity
from sharing import permissions, targets
from sharing.limits import MOST_TARGETS
from sharing.models import ListedRecipient, Method, RecipientList
from sharing.models.recipient_list import LONGEST_LIST_NAME
from sharing.selectors.recipient_lists import list_for, lists_for_share, lists_of
from sharing.services.dialog import Offer
from sharing.targets import Resolved, Target
from worklists.events import on_worklist
from worklists.models import Worklist

MOST_LISTS = 50

NO_RECIPIENT = gettext_noop("Pick at least one recipient, then save the list.")
TAKEN = gettext_noop("There is a list “%(name)s” already. Choose another name, or replace that list.")
CHANGED = gettext_noop("Someone changed this list in the meantime. Look at it as it is now, then change it.")
CHECK_CODES = gettext_noop("Check the share codes first, then save the list.")


@transaction.atomic
def read_recipient_lists(*, by: Actor) -> list[RecipientList]:
    """Every list that the person may change; an event on each worklist whose lists are among them."""
    lists = lists_of(by)
    worklists = {each.worklist_id: each.worklist for each in lists if each.worklist is not None}
    own = by.person.personal_worklist
    record_all(
        event(Action.RECIPIENT_LISTS_READ, by=by, on=on_worklist(worklist))
        for worklist in (own, *(worklist for _pk, worklist in sorted(worklists.items())))
    )
    return lists


@transaction.atomic
def read_recipient_list(*, recipient_list: UUID, by: Actor) -> RecipientList:
    """One list, to be changed. Raises NothingThere."""
    shown = _there(recipient_list, by)
    record(Action.RECIPIENT_LISTS_READ, by=by, on=_on(shown, by))
    return shown


def offered_lists(*, offer: Offer, by: Actor) -> list[RecipientList]:
    """Those that a share dialog offers, whose event is the dialog's."""
    return lists_for_share(by, offer.worklist)


def sort_recipients(
    recipient_list: RecipientList, *, offer: Offer, by: Actor
) -> tuple[list[ListedRecipient], list[tuple[ListedRecipient, str]]]:
    """The recipients that this dialog may share with, and the others with the reason, as a press would answer.

    A share code is among the first: whether it is someone's is looked up, counted and recorded where it is read back.
    """
    recipients = list(recipient_list.recipients.all())
    wanted = [_target(each) for each in recipients if each.method != Method.CODE]
    resolved = {each.target: each.refusal for each in _resolved(wanted, offer, by)}
    refused: list[tuple[ListedRecipient, str]] = []
    for each in recipients:
        method = Method(each.method)
        reason = resolved.get(targets.tidy(_target(each)), "") if offer.may(method) else offer.why_not(method)
        if reason:
            refused.append((each, reason))
    turned_down = {each.pk for each, _reason in refused}
    return [each for each in recipients if each.pk not in turned_down], refused


@transaction.atomic
def save_recipient_list(
    *, name: str, recipients: Sequence[Target], offer: Offer, by: Actor, for_worklist: bool = False
) -> RecipientList:
    """Keep what is picked in a dialog under a name: for oneself, or for all who may share on the dialog's worklist.

    Raises ValidationError for a name that reads like another's of the same owner, too many lists or recipients, and a
    recipient who cannot be shared with now.
    """
    name = _tidied(name)
    labelled = _labelled(recipients, offer, by)
    kept = RecipientList(name=name)
    if for_worklist and not offer.worklist.is_personal:
        kept.worklist = _locked_worklist(offer.worklist, by)
    else:
        kept.owner = _locked_owner(by)
    beside = _beside(kept)
    if beside.count() >= MOST_LISTS:
        sentence = _("There are %(most)s lists already. Delete a list that is no longer needed.")
        raise ValidationError(sentence % {"most": MOST_LISTS}, code="limited")
    check_name_is_free(name, beside, _(TAKEN))
    kept.save()
    _write(kept, labelled)
    record(Action.RECIPIENT_LIST_ADD, by=by, on=_on(kept, by, recipients=len(labelled)))
    return kept


@transaction.atomic
def replace_recipients(
    *, recipient_list: UUID, version: int, recipients: Sequence[Target], offer: Offer, by: Actor
) -> RecipientList:
    """Give a list the recipients that are picked in a dialog instead of its own. Raises as `save_recipient_list`."""
    labelled = _labelled(recipients, offer, by)
    kept = _locked(recipient_list, version, by)
    before = set(kept.recipients.values_list("method", "value"))
    after = {(each.target.method, _value(each.target)) for each in labelled}
    kept.recipients.all().delete()
    _write(kept, labelled)
    _changed(kept, by, added=len(after - before), removed=len(before - after))
    return kept


@transaction.atomic
def change_recipient_list(
    *, recipient_list: UUID, version: int, name: str, keep: Collection[str], by: Actor
) -> RecipientList:
    """Rename a list and keep only these of its recipients, by their keys. Raises NothingThere and ValidationError."""
    kept = _locked(recipient_list, version, by)
    was = kept.name
    kept.name = _tidied(name)
    check_name_is_free(kept.name, _beside(kept), _(TAKEN))
    there = list(kept.recipients.all())
    gone = [each.pk for each in there if each.key not in keep]
    if len(gone) == len(there):
        raise ValidationError(_("Keep at least one recipient, or delete the list."), code="recipients")
    kept.recipients.filter(pk__in=gone).delete()
    _changed(kept, by, removed=len(gone), **({"was": was} if was != kept.name else {}))
    return kept


@transaction.atomic
def remove_recipient_list(*, recipient_list: UUID, version: int, by: Actor) -> RecipientList:
    """Delete a list. What was shared with its recipients stays shared. Raises NothingThere and ValidationError."""
    kept = _locked(recipient_list, version, by)
    record(Action.RECIPIENT_LIST_REMOVE, by=by, on=_on(kept, by, recipients=kept.recipients.count()))
    RecipientList.objects.filter(pk=kept.pk).delete()
    return kept


def _tidied(name: str) -> str:
    return tidy_identity(name, what=_("The name of a list"), longest=LONGEST_LIST_NAME)


def _there(uuid: UUID, by: Actor) -> RecipientList:
    shown = list_for(by, uuid)
    if shown is None:
        raise NothingThere
    return shown


def _locked(uuid: UUID, version: int, by: Actor) -> RecipientList:
    """The list as it was seen in this version, locked behind its owner or worklist like each change of a list."""
    shown = _there(uuid, by)
    if shown.worklist is not None:
        _locked_worklist(shown.worklist, by)
    else:
        _locked_owner(by)
    held = (
        RecipientList.objects.select_related("worklist__account", "worklist__owner")
        .filter(pk=shown.pk)
        .first()
    )
    if held is None:
        raise NothingThere
    if held.version != version:
        raise ValidationError(_(CHANGED), code="changed")
    return held


def _locked_owner(by: Actor) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=by.person.pk)


def _locked_worklist(worklist: Worklist, by: Actor) -> Worklist:
    there = Worklist.objects.select_for_update(no_key=True).filter(pk=worklist.pk).first()
    if there is None:
        raise NothingThere
    permissions.check_share(by, there)
    return worklist


def _beside(kept: RecipientList) -> QuerySet[RecipientList]:
    return RecipientList.objects.filter(owner=kept.owner, worklist=kept.worklist).exclude(pk=kept.pk)


def _labelled(recipients: Sequence[Target], offer: Offer, by: Actor) -> list[Resolved]:
    """Each recipient once with its name. Raises ValidationError with the first that cannot be shared with."""
    if any(target.method == Method.CODE and not target.is_read_back for target in recipients):
        raise ValidationError(_(CHECK_CODES), code="codes")
    labelled = _resolved(recipients, offer, by)
    if not labelled:
        raise ValidationError(_(NO_RECIPIENT), code="recipients")
    if len(labelled) > MOST_TARGETS:
        sentence = _("A list can have at most %(most)s recipients.")
        raise ValidationError(sentence % {"most": MOST_TARGETS}, code="recipients")
    for each in labelled:
        if each.refusal:
            name = each.label or _("A recipient")
            sentence = _("%(name)s cannot be shared with: %(reason)s")
            raise ValidationError(sentence % {"name": name, "reason": each.refusal}, code="recipients")
    return labelled


def _resolved(wanted: Sequence[Target], offer: Offer, by: Actor) -> list[Resolved]:
    tidied = list(dict.fromkeys(targets.tidy(target) for target in wanted))
    return targets.resolve(tidied, by=by, ticked=offer.worklist, allowed=offer.allowed, ruling=offer.ruling)


def _write(kept: RecipientList, labelled: Sequence[Resolved]) -> None:
    ListedRecipient.objects.bulk_create(
        ListedRecipient(
            list=kept,
            position=position,
            method=each.target.method,
            value=_value(each.target),
            label=each.label[:254],
        )
        for position, each in enumerate(labelled, 1)
    )


def _value(target: Target) -> str:
    """As the dialog's form field carries it."""
    return f"{target.value}:{target.account}" if target.account is not None else target.value


def _target(recipient: ListedRecipient) -> Target:
    person, _colon, account = recipient.value.partition(":")
    if recipient.method == Method.PHYSICIAN and account:
        return Target(Method.PHYSICIAN, person, UUID(account))
    return Target(Method(recipient.method), recipient.value)


def _changed(kept: RecipientList, by: Actor, **detail: object) -> None:
    kept.version += 1
    kept.save(update_fields=["name", "identity", "version"])
    record(Action.RECIPIENT_LIST_CHANGE, by=by, on=_on(kept, by, **detail))


def _on(kept: RecipientList, by: Actor, **detail: object) -> On:
    worklist = kept.worklist if kept.worklist is not None else by.person.personal_worklist
    return on_worklist(worklist, list_id=kept.pk, list=kept.name, **detail)
