"""The worklists that studies can be on, and who holds which rights there."""

from worklists.models.grants import (
    WorklistGroupObjectPermission,
    WorklistRole,
    WorklistUserObjectPermission,
)
from worklists.models.invited import InvitedMembership, InvitedWorklist
from worklists.models.replacement import RoleReplacement
from worklists.models.token import AccessToken, AccessTokenWorklist, Sender
from worklists.models.worklist import MailTick, Worklist, WorklistMembership

__all__ = [
    "AccessToken",
    "AccessTokenWorklist",
    "InvitedMembership",
    "InvitedWorklist",
    "MailTick",
    "RoleReplacement",
    "Sender",
    "Worklist",
    "WorklistGroupObjectPermission",
    "WorklistMembership",
    "WorklistRole",
    "WorklistUserObjectPermission",
]
