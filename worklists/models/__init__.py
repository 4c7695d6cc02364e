"""The places a study can be found, and who holds which rights there."""

from worklists.models.grants import (
    WorklistGroupObjectPermission,
    WorklistRole,
    WorklistUserObjectPermission,
)
from worklists.models.invited import InvitedMembership, InvitedWorklist
from worklists.models.worklist import MailTick, Worklist, WorklistMembership

__all__ = [
    "InvitedMembership",
    "InvitedWorklist",
    "MailTick",
    "Worklist",
    "WorklistGroupObjectPermission",
    "WorklistMembership",
    "WorklistRole",
    "WorklistUserObjectPermission",
]
