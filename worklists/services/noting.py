"""Roles and memberships as they stand, noted in the audit trail once: from there on who could do what can be replayed.

Rows that are older than what their events record would otherwise be missing from a replay. What changes afterwards is
in the events of the changes.
"""

from collections.abc import Iterator

from django.db import connection, transaction

from accounts.models import Account, AccountMembership, Role, User
from audit.actions import Action
from audit.actor import SYSTEM
from audit.models import AuditEvent
from audit.services import event, record_all
from worklists.events import about, acting_as, on_account, on_worklist
from worklists.models import Worklist, WorklistMembership
from worklists.permissions import ticked_in


@transaction.atomic
def note_rights() -> int:
    """How many rows were noted; nothing where they were noted before. No account changes meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('worklists.note_rights'))")
    if AuditEvent.objects.filter(action=Action.RIGHTS_NOTE).exists():
        return 0
    list(Account.objects.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    events = list(_events())
    record_all(events)
    return len(events)


def _events() -> Iterator[AuditEvent]:
    roles = list(Role.objects.select_related("account").order_by("pk"))
    ticked = ticked_in([role.pk for role in roles])
    for role in roles:
        detail = {"of": "role", **acting_as(role), "ticked": sorted(ticked.get(role.pk, ()))}
        yield event(Action.RIGHTS_NOTE, by=SYSTEM, on=on_account(role.account, **detail))
    for user in User.objects.filter(is_active=False).order_by("pk"):
        yield event(
            Action.RIGHTS_NOTE, by=SYSTEM, on=on_account(None, of="user", **about(user), active=False)
        )
    worklists = Worklist.objects.exclude(account=None).with_names().select_related("default_role")
    for worklist in worklists.order_by("pk"):
        on = on_worklist(worklist, of="worklist", default_role_id=worklist.default_role_id)
        yield event(Action.RIGHTS_NOTE, by=SYSTEM, on=on)
    for joined in AccountMembership.objects.select_related("account", "user", "role").order_by("pk"):
        detail = {"of": "member", "active": joined.active, "every_worklist": joined.every_worklist}
        detail |= {"since": joined.joined_at.isoformat()}
        on = on_account(joined.account, **about(joined.user), **acting_as(joined.role), **detail)
        yield event(Action.RIGHTS_NOTE, by=SYSTEM, on=on)
    members = WorklistMembership.objects.select_related(
        "worklist__account", "worklist__owner", "user", "role"
    )
    for member in members.order_by("pk"):
        detail = {"of": "worklist_member", "since": member.joined_at.isoformat()}
        on = on_worklist(member.worklist, **about(member.user), **acting_as(member.role), **detail)
        yield event(Action.RIGHTS_NOTE, by=SYSTEM, on=on)
