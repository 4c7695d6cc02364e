"""The sentence of every action, and the words that codes in an event stand for. `audit.history` fills them in."""

from audit.actions import Action

SENTENCES: dict[Action, str] = {
    Action.SIGN_IN: "{who} signed in",
    Action.SIGN_IN_FAILED: "A sign-in{as_address} failed{why}",
    Action.SIGN_OUT: "{who} signed out",
    Action.PASSWORD_CHANGE: "{who} changed their password",
    Action.PASSWORD_RESET: "{who} set a new password after a reset",
    Action.USER_REGISTER: "{who} registered",
    Action.USER_CHANGE: "{who} changed their own details",
    Action.USER_DEACTIVATE: "{who} deactivated {person}",
    Action.USER_REACTIVATE: "{who} reactivated {person}",
    Action.ACCOUNT_ADD: "{who} created {account}",
    Action.ACCOUNT_CHANGE: "{who} changed the settings of {account}",
    Action.ROLE_ADD: "{who} added the role {role}",
    Action.ROLE_CHANGE: "{who} changed the role {role}{rights}",
    Action.ROLE_REMOVE: "{who} removed the role {role}",
    Action.MEMBER_ADD: "{who} added {person} to {account}{as_role}",
    Action.MEMBER_CHANGE: "{who} changed the membership of {person} in {account}{as_role}",
    Action.MEMBER_LEAVE: "{who} {left} {account}",
    Action.INVITATION_ADD: "{who} invited {address}",
    Action.INVITATION_RENEW: "{who} renewed the invitation of {address}",
    Action.INVITATION_RESEND: "{who} sent the invitation of {address} again",
    Action.INVITATION_RELINK: "{who} made a new invitation link for {address}; the one before no longer works",
    Action.INVITATION_WITHDRAW: "{who} withdrew the invitation of {address}",
    Action.INVITATION_OPEN: "The invitation link of {address} was opened",
    Action.INVITATION_CODE: "A registration code was mailed to {address}",
    Action.INVITATION_ACCEPT: "{who} registered with the invitation of {address}",
    Action.WORKLIST_ADD: "{who} added the worklist {place}",
    Action.WORKLIST_CHANGE: "{who} changed the worklist {place}",
    Action.WORKLIST_REMOVE: "{who} removed the worklist {place}",
    Action.WORKLIST_MEMBER_ADD: "{who} added {person} to {place}{as_role}",
    Action.WORKLIST_MEMBER_CHANGE: "{who} changed the membership of {person} in {place}{as_role}",
    Action.WORKLIST_MEMBER_REMOVE: "{who} took {person} off {place}",
    Action.CODE_CHANGE: "{who} changed the share code of {place}",
    Action.CODE_LOOK_UP: "{who} looked up a share code{found}",
    Action.MAIL_TICK: "{who} changed whether mail comes about {place}",
    Action.LIST_READ: "{who} looked at the list of {place}",
    Action.LIST_SEARCH: "{who} searched the list of {place}",
    Action.STUDY_ARRIVE: "{who} added the study to {place}{images}",
    Action.STUDY_ADD_IMAGES: "{who} added images to the study{images}",
    Action.STUDY_UPLOAD: "{who} began an upload to {place}{files}",
    Action.UPLOAD_REFUSED: "Files in an upload to {place} were refused{files}{why}",
    Action.STUDY_OPEN: "{who} opened the study",
    Action.IMAGES_SERVED: "{who} viewed images of the study",
    Action.STUDY_DOWNLOAD: "{who} downloaded the study",
    Action.STUDY_EDIT: "{who} edited the study",
    Action.STUDY_DELETE: "{who} deleted the study{why}",
    Action.STUDY_REMOVE: "{who} removed the study from {place}",
    Action.ACCESS_READ: "{who} looked at who has access",
    Action.SHARE_ADD: "{who} shared the study with {other}{method}{until}{state}",
    Action.SHARE_CHANGE: "{who} changed the share with {other}{method}{until}",
    Action.SHARE_END: "{who} ended the share with {other}{method}{why}",
    Action.SHARE_EXPIRE: "The share with {other}{method} reached its end date",
    Action.SHARE_UNREACHABLE: "The share with {other}{method} ended with the share before it",
    Action.SHARE_APPROVE: "{who} approved the share with {other}{method}",
    Action.SHARE_DECLINE: "{who} declined the share with {other}{method}{why}",
    Action.SHARE_CLAIM: "{who} received the study that was promised to {other}",
    Action.SHARE_DROP: "The share promised to {other} was not kept{why}",
    Action.REFUSED: "{who} could not share the study{with_other}{method}{why}",
    Action.DENIED: "{who} was refused{attempt}",
    Action.AUDIT_READ: "{who} read the audit trail{filtered}",
    Action.AUDIT_EXPORT: "{who} exported the audit trail{lines}{filtered}",
}

# Where a line that did not succeed is told in words of its own; others say it in front.
OTHERWISE: dict[tuple[Action, str], str] = {
    (Action.CODE_LOOK_UP, "failed"): "{who} looked up a share code that nothing has",
    (Action.SIGN_IN_FAILED, "failed"): SENTENCES[Action.SIGN_IN_FAILED],
    (Action.SIGN_IN_FAILED, "refused"): SENTENCES[Action.SIGN_IN_FAILED],
    (Action.UPLOAD_REFUSED, "refused"): SENTENCES[Action.UPLOAD_REFUSED],
    (Action.REFUSED, "refused"): SENTENCES[Action.REFUSED],
    (Action.DENIED, "refused"): SENTENCES[Action.DENIED],
}
IN_FRONT = {"refused": "Refused: ", "failed": "Failed: "}

METHODS = {
    "location": "location",
    "group": "group",
    "physician": "physician",
    "code": "by share code",
    "email": "by email",
}

STATES = {"awaiting_approval": ", awaiting approval", "invited": ", with an invitation"}

# Reasons that events tell by a code.
REASONS = {
    "duplicate": "the person already had this share",
    "refused": "it would not be allowed now",
    "deactivated": "the person is deactivated",
    "removed": "removed from the worklist",
    "study_deleted": "the study was deleted",
    "left": "the person left the account",
    "withdrawn": "the invitation was withdrawn",
}
