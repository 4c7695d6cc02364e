"""Every action of the audit trail, in one grammar: source:subject:verb."""

from django.db import models
from django.utils.translation import gettext_lazy


class Action(models.TextChoices):
    """What happened. The label is a short name for filters; `audit.history` has the sentences."""

    SIGN_IN = "account:session:open", gettext_lazy("Signed in")
    SIGN_IN_FAILED = "account:session:refuse", gettext_lazy("Sign-in failed")
    SIGN_OUT = "account:session:close", gettext_lazy("Signed out")
    SESSION_END = "account:session:end", gettext_lazy("Session ended")
    FACTOR_ADD = "account:factor:add", gettext_lazy("Second factor set up")
    FACTOR_REMOVE = "account:factor:remove", gettext_lazy("Second factor removed")
    FACTOR_TAKE = "account:factor:take", gettext_lazy("Lost second factor removed")
    FACTOR_USE = "account:factor:open", gettext_lazy("Second factor used")
    FACTOR_FAILED = "account:factor:refuse", gettext_lazy("Second factor failed")
    FACTOR_CODES = "account:factor:renew", gettext_lazy("Recovery codes created")
    TOKEN_ADD = "account:token:add", gettext_lazy("Access token made")
    TOKEN_END = "account:token:end", gettext_lazy("Access token revoked")
    SENDER_ADD = "account:sender:add", gettext_lazy("Sender added")
    SENDER_RENEW = "account:sender:renew", gettext_lazy("Sender's token renewed")
    SENDER_END = "account:sender:end", gettext_lazy("Sender ended")
    DESTINATION_ADD = "account:destination:add", gettext_lazy("Destination added")
    DESTINATION_CHANGE = "account:destination:change", gettext_lazy("Destination changed")
    DESTINATION_END = "account:destination:end", gettext_lazy("Destination removed")
    PASSWORD_CHANGE = "account:password:change", gettext_lazy("Password changed")
    PASSWORD_RESET = "account:password:reset", gettext_lazy("Password reset")
    EMAIL_CHANGE = "account:address:change", gettext_lazy("Email address changed")
    USER_REGISTER = "account:user:add", gettext_lazy("Registered")
    USER_CHANGE = "account:user:change", gettext_lazy("Changed own details")
    USER_RENAME = "account:user:rename", gettext_lazy("Changed own name")
    USER_DEACTIVATE = "account:user:deactivate", gettext_lazy("User deactivated")
    USER_REACTIVATE = "account:user:reactivate", gettext_lazy("User reactivated")
    ACCOUNT_ADD = "account:account:add", gettext_lazy("Account created")
    ACCOUNT_CHANGE = "account:account:change", gettext_lazy("Account settings changed")
    ACCOUNT_NAME_ASK = "account:name:ask", gettext_lazy("Account name requested")
    ACCOUNT_NAME_CONFIRM = "account:name:confirm", gettext_lazy("Account name confirmed")
    ACCOUNT_NAME_DECLINE = "account:name:decline", gettext_lazy("Account name declined")
    PROVIDER_CHANGE = "account:provider:change", gettext_lazy("Sign-in provider set")
    PROVIDER_REMOVE = "account:provider:remove", gettext_lazy("Sign-in provider removed")
    SHARE_RULE_ADD = "account:rule:add", gettext_lazy("Sharing rule added")
    SHARE_RULE_CHANGE = "account:rule:change", gettext_lazy("Sharing rule changed")
    SHARE_RULE_REMOVE = "account:rule:remove", gettext_lazy("Sharing rule removed")
    SHARES_TAKE_OVER = "account:shares:change", gettext_lazy("Shares taken over")
    ROLE_ADD = "account:role:add", gettext_lazy("Role added")
    ROLE_CHANGE = "account:role:change", gettext_lazy("Role changed")
    ROLE_REMOVE = "account:role:remove", gettext_lazy("Role removed")
    ROLE_REPLACE = "account:role:replace", gettext_lazy("Role replaced")
    RIGHTS_NOTE = "account:rights:note", gettext_lazy("Roles and memberships noted")
    MEMBER_ADD = "account:member:add", gettext_lazy("Account member added")
    MEMBER_CHANGE = "account:member:change", gettext_lazy("Account member changed")
    MEMBER_LEAVE = "account:member:remove", gettext_lazy("Account member removed or left")
    MEMBER_OFFER = "account:member:offer", gettext_lazy("Membership offered")
    MEMBER_OFFER_END = "account:member:withdraw", gettext_lazy("Offered membership withdrawn")
    MEMBER_OFFER_DECLINE = "account:member:decline", gettext_lazy("Offered membership declined")
    MEMBER_OFFER_LAPSE = "account:member:lapse", gettext_lazy("Offered membership lapsed")
    DIRECTORY_SEARCH = "account:directory:search", gettext_lazy("Searched the directory")
    ADMINISTRATION_READ = "account:administration:open", gettext_lazy("Viewed the administration")
    INVITATIONS_READ = "account:invitation:list", gettext_lazy("Viewed own invitations")
    INVITATION_CHECK = "account:invitation:check", gettext_lazy("Looked up addresses for invitations")
    INVITATION_ADD = "account:invitation:add", gettext_lazy("Person invited")
    INVITATION_RENEW = "account:invitation:renew", gettext_lazy("Invitation renewed")
    INVITATION_RESEND = "account:invitation:resend", gettext_lazy("Invitation sent again")
    INVITATION_RELINK = "account:invitation:relink", gettext_lazy("New invitation link created")
    INVITATION_WITHDRAW = "account:invitation:withdraw", gettext_lazy("Invitation withdrawn")
    INVITATION_OPEN = "account:invitation:open", gettext_lazy("Invitation link opened")
    INVITATION_CODE = "account:invitation:code", gettext_lazy("Registration code emailed")
    INVITATION_ACCEPT = "account:invitation:accept", gettext_lazy("Invitation accepted")

    WORKLIST_ADD = "worklist:worklist:add", gettext_lazy("Worklist added")
    WORKLIST_CHANGE = "worklist:worklist:change", gettext_lazy("Worklist changed")
    WORKLIST_REMOVE = "worklist:worklist:remove", gettext_lazy("Worklist removed")
    WORKLIST_MEMBER_ADD = "worklist:member:add", gettext_lazy("Worklist member added")
    WORKLIST_MEMBER_CHANGE = "worklist:member:change", gettext_lazy("Worklist member changed")
    WORKLIST_MEMBER_REMOVE = "worklist:member:remove", gettext_lazy("Worklist member removed")
    CODE_CHANGE = "worklist:code:change", gettext_lazy("Share code changed")
    CODE_LOOK_UP = "worklist:code:read", gettext_lazy("Share code looked up")
    NOTICE_CHOICE = "worklist:mail:change", gettext_lazy("Notifications changed")
    NOTICE_PRESET = "worklist:notices:change", gettext_lazy("Notifications of new members changed")
    NOTICES_READ = "account:notices:list", gettext_lazy("Viewed own notifications")
    NOTICES_MARK = "account:notices:change", gettext_lazy("Marked own notifications as read")
    LIST_READ = "worklist:studies:list", gettext_lazy("Viewed the list")
    SHARES_READ = "worklist:shares:list", gettext_lazy("Viewed own shares")
    REGISTER_READ = "account:register:list", gettext_lazy("Viewed the register of shares")
    LIST_SEARCH = "worklist:studies:search", gettext_lazy("Searched the list")

    STUDY_ARRIVE = "study:study:add", gettext_lazy("Study uploaded")
    STUDY_ADD_IMAGES = "study:instances:add", gettext_lazy("Images added")
    STUDY_UPLOAD = "study:upload:add", gettext_lazy("Upload started")
    UPLOAD_FILES = "study:files:add", gettext_lazy("Files received")
    UPLOAD_END = "study:upload:end", gettext_lazy("Upload ended")
    UPLOAD_REFUSED = "study:upload:refuse", gettext_lazy("Files refused")
    OTHER_PATIENT_REFUSED = "study:instances:refuse", gettext_lazy("Images of another patient refused")
    UPLOAD_READ = "study:upload:open", gettext_lazy("Viewed an upload")
    DIALOG_READ = "study:dialog:open", gettext_lazy("Viewed a dialog")
    STUDY_OPEN = "study:study:open", gettext_lazy("Study opened")
    IMAGES_SERVED = "study:images:open", gettext_lazy("Images viewed")
    IMAGE_SAVE = "study:image:save", gettext_lazy("Image saved")
    IMAGE_PRINT = "study:image:print", gettext_lazy("Image printed")
    STUDY_DOWNLOAD = "study:study:download", gettext_lazy("Study downloaded")
    STUDY_DOWNLOAD_END = "study:download:end", gettext_lazy("Download ended")
    STUDY_SEND = "study:study:send", gettext_lazy("Sending to another system requested")
    STUDY_SEND_END = "study:sending:end", gettext_lazy("Sending to another system ended")
    STUDY_SEND_CANCEL = "study:sending:cancel", gettext_lazy("Sending to another system cancelled")
    SENDINGS_READ = "study:sending:list", gettext_lazy("Viewed own sendings to other systems")
    STUDY_EDIT = "study:study:change", gettext_lazy("Study corrected")
    STUDY_MOVE = "study:home:change", gettext_lazy("Original moved to another worklist")
    PATIENT_CONFIRM = "study:patient:confirm", gettext_lazy("Patient confirmed")
    OWN_MRN_CHANGE = "study:number:change", gettext_lazy("Own MRN noted")
    STUDY_DELETE = "study:study:remove", gettext_lazy("Study deleted")
    STUDY_BYTES_REMOVE = "study:bytes:remove", gettext_lazy("Files of a deleted study removed")
    STUDY_REMOVE = "study:placement:remove", gettext_lazy("Removed from this worklist")
    ACCESS_READ = "study:access:list", gettext_lazy("Viewed who has access")

    SHARE_ADD = "study:share:add", gettext_lazy("Shared")
    SHARE_CHANGE = "study:share:change", gettext_lazy("Share changed")
    SHARE_END = "study:share:end", gettext_lazy("Share ended")
    SHARE_EXPIRE = "study:share:expire", gettext_lazy("Share expired")
    SHARE_UNREACHABLE = "study:share:lapse", gettext_lazy("Share ended because an earlier share ended")
    TIME_ASK = "study:time:ask", gettext_lazy("More time asked for")
    TIME_DECLINE = "study:time:decline", gettext_lazy("More time declined")
    SHARE_APPROVE = "study:share:approve", gettext_lazy("Share approved")
    SHARE_DECLINE = "study:share:decline", gettext_lazy("Share declined")
    SHARE_CLAIM = "study:share:claim", gettext_lazy("Waiting share received")
    SHARE_ACKNOWLEDGE = "study:share:acknowledge", gettext_lazy("Receipt acknowledged")
    SHARE_DROP = "study:share:drop", gettext_lazy("Waiting share cancelled")
    GUEST_LINK_ADD = "study:link:add", gettext_lazy("Guest link made")
    GUEST_LINK_MAIL = "study:link:mail", gettext_lazy("Guest link emailed")
    GUEST_LINK_EXTEND = "study:link:change", gettext_lazy("Guest link extended")
    GUEST_LINK_RENEW = "study:link:renew", gettext_lazy("New URL made for a guest link")
    GUEST_LINK_END = "study:link:end", gettext_lazy("Guest link ended")
    GUEST_LINK_LAPSE = "study:link:lapse", gettext_lazy("Guest link ended by itself")
    GUEST_LINK_OPEN = "study:link:open", gettext_lazy("Guest link opened")
    GUEST_LINK_REFUSED = "study:link:refuse", gettext_lazy("Guest link not opened")
    GUEST_LINK_PRINT = "study:link:print", gettext_lazy("Letter with a guest link shown")
    GUEST_LINK_ASK = "study:link:ask", gettext_lazy("New guest link asked for")
    GUEST_LINKS_READ = "study:link:list", gettext_lazy("Viewed guest links")
    REFUSED = "study:share:refuse", gettext_lazy("Share refused")
    DENIED = "platform:deed:refuse", gettext_lazy("Refused")

    AUDIT_READ = "audit:trail:list", gettext_lazy("Read the audit trail")
    AUDIT_EXPORT = "audit:trail:export", gettext_lazy("Exported the audit trail")


# What decides who may do what on worklists, beside shares: a replay reads these.
CHANGES_OF_RIGHTS = (
    Action.RIGHTS_NOTE,
    Action.ROLE_ADD,
    Action.ROLE_CHANGE,
    Action.ROLE_REMOVE,
    Action.MEMBER_ADD,
    Action.MEMBER_CHANGE,
    Action.MEMBER_LEAVE,
    Action.USER_DEACTIVATE,
    Action.USER_REACTIVATE,
    Action.WORKLIST_ADD,
    Action.WORKLIST_CHANGE,
    Action.WORKLIST_REMOVE,
    Action.WORKLIST_MEMBER_ADD,
    Action.WORKLIST_MEMBER_CHANGE,
    Action.WORKLIST_MEMBER_REMOVE,
)
