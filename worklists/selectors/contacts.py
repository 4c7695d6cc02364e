"""The contacts of a worklist for urgent studies."""

from django.db.models import BooleanField, Case, Value, When

from worklists import access
from worklists.models import UrgentContact, Worklist


def contacts_in_order(worklist: Worklist) -> list[UrgentContact]:
    """All of them, each with its `user` and whether they see the studies now (`sees`): others are passed over."""
    people = access.people_with("list_studies", worklist)
    sees = Case(When(user__in=people, then=Value(True)), default=Value(False), output_field=BooleanField())
    contacts = UrgentContact.objects.filter(worklist=worklist).select_related("user")
    return list(contacts.annotate(sees=sees).order_by("position"))
