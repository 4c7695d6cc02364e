"""Who is notified of urgent studies on a worklist that are not opened in time, and how soon after one another."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.text import identity
from worklists import access
from worklists.events import on_worklist
from worklists.models import UrgentContact, Worklist
from worklists.models.worklist import LONGEST_WAIT, SHORTEST_WAIT
from worklists.permissions import check_administers
from worklists.services.common import locked

MOST_CONTACTS = 10


@transaction.atomic
def set_urgent_contacts(*, worklist: Worklist, emails: Sequence[str], wait: int, by: Actor) -> bool:
    """Set the contacts in their order, by emails of people who see the worklist's studies; whether anything differs.

    `wait`: the minutes after which the next contact is notified. A contact who was set before and no longer sees the
    studies may stay. Raises PermissionDenied and ValidationError (`emails`, `wait`).
    """
    if worklist.account_id is None:
        check_administers(by, None)
        raise ValidationError(_("A personal worklist has no contacts."), code="personal")
    account = locked(worklist.account_id)
    check_administers(by, account)
    worklist = Worklist.objects.select_for_update().get(pk=worklist.pk)
    _check_wait(wait)
    was = list(
        UrgentContact.objects.filter(worklist=worklist).order_by("position").values_list("user_id", flat=True)
    )
    contacts = _people(worklist, emails, was)
    if [person.pk for person in contacts] == was and wait == worklist.urgent_wait:
        return False
    UrgentContact.objects.filter(worklist=worklist).delete()
    UrgentContact.objects.bulk_create(
        UrgentContact(worklist=worklist, user=person, position=position)
        for position, person in enumerate(contacts, start=1)
    )
    worklist.urgent_wait = wait
    worklist.save(update_fields=["urgent_wait"])
    names = [f"{person.name} <{person.email}>" for person in contacts]
    record(Action.URGENT_CONTACTS, by=by, on=on_worklist(worklist, contacts=names, wait=wait))
    return True


def _check_wait(wait: int) -> None:
    if not SHORTEST_WAIT <= wait <= LONGEST_WAIT:
        sentence = _("Enter a number of minutes from %(shortest)s to %(longest)s.")
        raise ValidationError(
            {"wait": sentence % {"shortest": SHORTEST_WAIT, "longest": f"{LONGEST_WAIT:,}"}}, code="wait"
        )


def _people(worklist: Worklist, emails: Sequence[str], was: Sequence[int]) -> list[User]:
    wanted = list(dict.fromkeys(identity(email) for email in emails))
    if len(wanted) > MOST_CONTACTS:
        sentence = _("A worklist can have at most %(most)s contacts.") % {"most": MOST_CONTACTS}
        raise ValidationError({"emails": sentence}, code="emails")
    people = access.people_with("list_studies", worklist) | User.objects.filter(pk__in=was)
    known = {identity(person.email): person for person in people.filter(email__in=wanted).distinct()}
    unknown = [email for email in wanted if email not in known]
    if unknown:
        sentence = _("%(email)s is not someone who sees the studies of this worklist.") % {
            "email": unknown[0]
        }
        raise ValidationError({"emails": sentence}, code="emails")
    return [known[email] for email in wanted]
