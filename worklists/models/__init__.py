"""The worklists that studies can be on, and who holds which rights there."""

from worklists.models.grants import (
    WorklistGroupObjectPermission,
    WorklistRole,
    WorklistUserObjectPermission,
)
from worklists.models.invited import InvitedMembership, InvitedWorklist
from worklists.models.replacement import RoleReplacement
from worklists.models.worklist import MailTick, Worklist, WorklistMembership

__all__ = [
    "InvitedMembership",
    "InvitedWorklist",
    "MailTick",
    "RoleReplacement",
    "Worklist",
    "WorklistGroupObjectPermission",
    "WorklistMembership",
    "WorklistRole",
    "WorklistUserObjectPermission",
]
