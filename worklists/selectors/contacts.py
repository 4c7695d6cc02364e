"""The contacts of a worklist for urgent studies."""

from typing import NamedTuple

from django.db.models import BooleanField, Case, Value, When

from accounts.models import User
from worklists import access
from worklists.models import UrgentContact, Worklist


class Contact(NamedTuple):
    """`sees`: whether the person sees the studies of the worklist now; who does not is passed over."""

    user: User
    sees: bool


def contacts_in_order(worklist: Worklist) -> list[Contact]:
    people = access.people_with("list_studies", worklist)
    sees = Case(When(user__in=people, then=Value(True)), default=Value(False), output_field=BooleanField())
    contacts = UrgentContact.objects.filter(worklist=worklist).select_related("user")
    rows = contacts.annotate(sees=sees).order_by("position")
    return [Contact(row.user, vars(row)["sees"]) for row in rows]
