"""The saved recipient lists that a person may use and change: their own, and those of worklists where they share."""

from uuid import UUID

from django.db.models import Q, QuerySet

from audit.actor import Actor
from sharing.models import RecipientList
from worklists import access
from worklists.models import Worklist


def lists_of(by: Actor) -> list[RecipientList]:
    """All of them with their recipients, the person's own first: two statements."""
    return list(_named(_seen(by)))


def lists_for_share(by: Actor, worklist: Worklist) -> list[RecipientList]:
    """Those that a share from this worklist offers: the person's own and the worklist's."""
    return list(_named(RecipientList.objects.filter(Q(owner=by.person) | Q(worklist=worklist))))


def list_for(by: Actor, uuid: UUID) -> RecipientList | None:
    return _named(_seen(by)).filter(uuid=uuid).first()


def _seen(by: Actor) -> QuerySet[RecipientList]:
    there = Q(worklist__in=access.worklists_for(by, "share_study")) & Q(
        worklist__in=access.worklists_for(by, "list_studies")
    )
    return RecipientList.objects.filter(Q(owner=by.person) | there)


def _named(lists: QuerySet[RecipientList]) -> QuerySet[RecipientList]:
    named = lists.select_related("worklist__account", "worklist__owner").prefetch_related("recipients")
    return named.order_by("worklist__account__name", "worklist__name", "identity", "pk")
