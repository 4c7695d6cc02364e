"""Every change of who may do what where. Each: check, resolve, write, audit, and the groups follow.

Locks: the account row first (`FOR NO KEY UPDATE`, so that changes of one account's rights come one after another),
then user, membership and worklist rows, ascending. `by=None` is the platform itself, as commands are.
"""

from worklists.services.account import create_account
from worklists.services.mail_ticks import set_mail_tick
from worklists.services.members import (
    add_account_member,
    change_account_member,
    deactivate_member,
    reactivate_member,
    remove_member,
)
from worklists.services.roles import add_role, change_role, remove_role
from worklists.services.worklist_members import (
    add_worklist_member,
    change_worklist_member,
    remove_worklist_member,
)
from worklists.services.worklists import KEEP, add_worklist, change_worklist

__all__ = [
    "KEEP",
    "add_account_member",
    "add_role",
    "add_worklist",
    "add_worklist_member",
    "change_account_member",
    "change_role",
    "change_worklist",
    "change_worklist_member",
    "create_account",
    "deactivate_member",
    "reactivate_member",
    "remove_member",
    "remove_role",
    "remove_worklist_member",
    "set_mail_tick",
]
