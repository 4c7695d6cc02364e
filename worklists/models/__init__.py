"""The worklists that studies can be on, and who holds which rights there."""

from worklists.models.contact import UrgentContact
from worklists.models.destination import Destination
from worklists.models.grants import (
    WorklistGroupObjectPermission,
    WorklistRole,
    WorklistUserObjectPermission,
)
from worklists.models.invited import InvitedMembership, InvitedWorklist
from worklists.models.invited_upload import InvitedUpload
from worklists.models.notices import NoticeChoice, NoticeEvent, NoticePreset, NoticeTime
from worklists.models.replacement import RoleReplacement
from worklists.models.token import AccessToken, AccessTokenWorklist, Sender
from worklists.models.worklist import Worklist, WorklistMembership

__all__ = [
    "AccessToken",
    "AccessTokenWorklist",
    "Destination",
    "InvitedMembership",
    "InvitedUpload",
    "InvitedWorklist",
    "NoticeChoice",
    "NoticeEvent",
    "NoticePreset",
    "NoticeTime",
    "RoleReplacement",
    "Sender",
    "UrgentContact",
    "Worklist",
    "WorklistGroupObjectPermission",
    "WorklistMembership",
    "WorklistRole",
    "WorklistUserObjectPermission",
]
