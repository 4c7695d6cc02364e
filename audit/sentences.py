"""The sentence of every action, and the meaning of the codes in an event. `audit.history` translates and fills them."""

from django.utils.translation import gettext_noop

from audit.actions import Action

SENTENCES: dict[Action, str] = {
    Action.SIGN_IN: gettext_noop("{who} signed in{how}"),
    Action.SIGN_IN_FAILED: gettext_noop("A sign-in{as_email} failed{why}{again}"),
    Action.SIGN_OUT: gettext_noop("{who} signed out"),
    Action.SESSION_END: gettext_noop("A session of {person} ended{why}"),
    Action.FACTOR_ADD: gettext_noop("{who} set up a second factor{factor}"),
    Action.FACTOR_REMOVE: gettext_noop("{who} removed a second factor{factor}"),
    Action.FACTOR_TAKE: gettext_noop("{who} removed the second factor of {person}{why}"),
    Action.FACTOR_USE: gettext_noop("{who} used a second factor{factor}"),
    Action.FACTOR_FAILED: gettext_noop("A wrong second factor was entered for {person}"),
    Action.FACTOR_CODES: gettext_noop("{who} created new recovery codes"),
    Action.TOKEN_ADD: gettext_noop("{who} made the access token{token}{for_worklists}"),
    Action.TOKEN_END: gettext_noop("{who} revoked the access token{token}{of_person}{for_worklists}"),
    Action.SENDER_ADD: gettext_noop("{who} added the sender{sender} to {place}"),
    Action.SENDER_RENEW: gettext_noop("{who} made a new token for the sender{sender} of {place}"),
    Action.SENDER_END: gettext_noop("{who} ended the sender{sender} of {place}"),
    Action.DESTINATION_ADD: gettext_noop("{who} added the destination{destination} to {account}"),
    Action.DESTINATION_CHANGE: gettext_noop("{who} changed the destination{destination} of {account}"),
    Action.DESTINATION_END: gettext_noop("{who} removed the destination{destination} of {account}"),
    Action.PASSWORD_CHANGE: gettext_noop("{who} changed their password"),
    Action.PASSWORD_RESET: gettext_noop("{who} reset their password"),
    Action.EMAIL_CHANGE: gettext_noop("{who} changed their email address to {email}"),
    Action.USER_REGISTER: gettext_noop("{who} registered"),
    Action.USER_CHANGE: gettext_noop("{who} changed their own details"),
    Action.USER_RENAME: gettext_noop("{who} changed their name{new_name}"),
    Action.USER_DEACTIVATE: gettext_noop("{who} deactivated {person}"),
    Action.USER_REACTIVATE: gettext_noop("{who} reactivated {person}"),
    Action.ACCOUNT_ADD: gettext_noop("{who} created {account}"),
    Action.ACCOUNT_CHANGE: gettext_noop("{who} changed the settings of {account}"),
    Action.ACCOUNT_NAME_ASK: gettext_noop("{who} asked to rename {account}{new_name}"),
    Action.ACCOUNT_NAME_CONFIRM: gettext_noop("{who} confirmed the name of {account}{old_name}"),
    Action.ACCOUNT_NAME_DECLINE: gettext_noop("{who} declined to rename {account}{new_name}{why}"),
    Action.PROVIDER_CHANGE: gettext_noop("{who} set the sign-in provider of {account}"),
    Action.PROVIDER_REMOVE: gettext_noop("{who} removed the sign-in provider of {account}"),
    Action.SHARE_RULE_ADD: gettext_noop("{who} added a sharing rule to {account}{rule}"),
    Action.SHARE_RULE_CHANGE: gettext_noop("{who} changed a sharing rule of {account}{rule}"),
    Action.SHARE_RULE_REMOVE: gettext_noop("{who} removed a sharing rule of {account}{rule}"),
    Action.SHARES_TAKE_OVER: gettext_noop(
        "{who} let {person} take over the shares of {from_person} in {account}{shares}"
    ),
    Action.ROLE_ADD: gettext_noop("{who} added the role {role}"),
    Action.ROLE_CHANGE: gettext_noop("{who} changed the role {role}{rights}"),
    Action.ROLE_REMOVE: gettext_noop("{who} removed the role {role}"),
    Action.ROLE_REPLACE: gettext_noop("{who} replaced the role {role}{new_role}"),
    Action.RIGHTS_NOTE: gettext_noop("Roles and memberships were noted as they stood"),
    Action.MEMBER_ADD: gettext_noop("{who} {joined} {account}{as_role}"),
    Action.MEMBER_CHANGE: gettext_noop("{who} {changed} {account}{to_role}"),
    Action.MEMBER_LEAVE: gettext_noop("{who} {left} {account}"),
    Action.MEMBER_OFFER: gettext_noop("{who} offered {email} membership of {account}{as_role}"),
    Action.MEMBER_OFFER_END: gettext_noop("{who} withdrew the membership of {account} offered to {email}"),
    Action.MEMBER_OFFER_DECLINE: gettext_noop("The membership of {account} offered to {email} was declined"),
    Action.MEMBER_OFFER_LAPSE: gettext_noop("The membership of {account} offered to {email} lapsed{why}"),
    Action.DIRECTORY_SEARCH: gettext_noop("{who} searched the directory of {account}"),
    Action.ADMINISTRATION_READ: gettext_noop("{who} viewed {page} in the administration of {account}"),
    Action.INVITATIONS_READ: gettext_noop("{who} viewed the invitations they sent"),
    Action.INVITATION_CHECK: gettext_noop("{who} looked up addresses for invitations to {account}{emails}"),
    Action.INVITATION_ADD: gettext_noop("{who} invited {email}"),
    Action.INVITATION_RENEW: gettext_noop("{who} renewed the invitation of {email}"),
    Action.INVITATION_RESEND: gettext_noop("{who} sent the invitation of {email} again"),
    Action.INVITATION_RELINK: gettext_noop(
        "{who} created a new invitation link for {email}; the old link no longer works"
    ),
    Action.INVITATION_WITHDRAW: gettext_noop("{who} withdrew the invitation of {email}"),
    Action.INVITATION_OPEN: gettext_noop("The invitation link of {email} was opened"),
    Action.INVITATION_CODE: gettext_noop("A registration code was emailed to {email}"),
    Action.INVITATION_ACCEPT: gettext_noop("{who} accepted the invitation of {email}"),
    Action.WORKLIST_ADD: gettext_noop("{who} added the worklist {place}"),
    Action.WORKLIST_CHANGE: gettext_noop("{who} changed the worklist {place}"),
    Action.WORKLIST_REMOVE: gettext_noop("{who} removed the worklist {place}"),
    Action.WORKLIST_MEMBER_ADD: gettext_noop("{who} added {person} to {place}{as_role}"),
    Action.WORKLIST_MEMBER_CHANGE: gettext_noop(
        "{who} changed the membership of {person} in {place}{to_role}"
    ),
    Action.WORKLIST_MEMBER_REMOVE: gettext_noop("{who} removed {person} from {place}"),
    Action.CODE_CHANGE: gettext_noop("{who} changed the share code of {place}"),
    Action.UPLOAD_INVITE: gettext_noop("{who} invited {email} to send studies to {place}"),
    Action.UPLOAD_INVITE_END: gettext_noop(
        "{who} withdrew the invitation of {email} to send studies to {place}"
    ),
    Action.CODE_LOOK_UP: gettext_noop("{who} looked up a share code{place_of_code}"),
    Action.NOTICE_CHOICE: gettext_noop("{who} changed their notifications for {place}"),
    Action.NOTICE_PRESET: gettext_noop("{who} changed which notifications new members of {place} start with"),
    Action.NOTICES_READ: gettext_noop("{who} viewed their notifications"),
    Action.NOTICES_MARK: gettext_noop("{who} marked notifications as read"),
    Action.RECIPIENT_LISTS_READ: gettext_noop("{who} viewed their saved recipient lists"),
    Action.RECIPIENT_LIST_ADD: gettext_noop("{who} saved a recipient list of {place}"),
    Action.RECIPIENT_LIST_CHANGE: gettext_noop("{who} changed a recipient list of {place}"),
    Action.RECIPIENT_LIST_REMOVE: gettext_noop("{who} deleted a recipient list of {place}"),
    Action.URGENT_CONTACTS: gettext_noop("{who} changed the contacts of {place} for urgent studies"),
    Action.LIST_READ: gettext_noop("{who} viewed the list of {place}"),
    Action.REGISTER_READ: gettext_noop("{who} viewed the register of shares{as_csv}"),
    Action.SHARES_READ: gettext_noop("{who} viewed the shares they made{as_csv}"),
    Action.LIST_SEARCH: gettext_noop("{who} searched the list of {place}"),
    Action.STUDY_ARRIVE: gettext_noop("{who} uploaded the study to {place}{images}"),
    Action.STUDY_ADD_IMAGES: gettext_noop("{who} added images to the study{images}"),
    Action.STUDY_UPLOAD: gettext_noop("{who} started an upload to {place}{files}"),
    Action.UPLOAD_FILES: gettext_noop("{who} sent files of an upload to {place}{files}"),
    Action.UPLOAD_END: gettext_noop("{who} ended an upload to {place}{files}"),
    Action.UPLOAD_REFUSED: gettext_noop("Files in an upload to {place} were refused{files}{why}"),
    Action.OTHER_PATIENT_REFUSED: gettext_noop(
        "Images of another patient, uploaded by {who} under this study’s number, were refused{images}"
    ),
    Action.UPLOAD_READ: gettext_noop("{who} viewed what became of an upload to {place}{studies}"),
    Action.DIALOG_READ: gettext_noop("{who} viewed {dialog}{studies}"),
    Action.STUDY_OPEN: gettext_noop("{who} opened the study{before_approval}"),
    Action.IMAGES_SERVED: gettext_noop("{who} viewed images of the study{before_approval}"),
    Action.IMAGE_SAVE: gettext_noop("{who} saved an image of the study as a picture"),
    Action.IMAGE_PRINT: gettext_noop("{who} printed an image of the study"),
    Action.STUDY_DOWNLOAD: gettext_noop("{who} downloaded the study{images}{deidentified}{going_on}"),
    Action.STUDY_DOWNLOAD_END: gettext_noop(
        "{who} has received the {whole} download of the study{images}{deidentified}"
    ),
    Action.STUDY_SEND: gettext_noop("{who} asked to send the study to the destination{destination}"),
    Action.STUDY_SEND_END: gettext_noop(
        "The study was sent for {who} to the destination{destination}{images}"
    ),
    Action.STUDY_SEND_CANCEL: gettext_noop(
        "{who} cancelled sending the study to the destination{destination}{images}"
    ),
    Action.SENDINGS_READ: gettext_noop("{who} viewed what they sent to other systems{studies}"),
    Action.STUDY_EDIT: gettext_noop("{who} corrected the study{changes}{reason}"),
    Action.STUDY_MOVE: gettext_noop("{who} moved the original from {place} to {other}{reason}"),
    Action.OWN_MRN_CHANGE: gettext_noop("{who} {noted} the own MRN of {place} for the patient of the study"),
    Action.PATIENT_CONFIRM: gettext_noop(
        "{who} confirmed that the patient is right, although other studies with this MRN differ{reason}"
    ),
    Action.STUDY_DELETE: gettext_noop("{who} deleted the study{why}"),
    Action.STUDY_BYTES_REMOVE: gettext_noop("{who} removed the files of the deleted study{files}"),
    Action.STUDY_REMOVE: gettext_noop("{who} removed the study from {place}"),
    Action.ACCESS_READ: gettext_noop("{who} viewed who has access{then}{as_csv}{to_print}"),
    Action.SHARE_ADD: gettext_noop(
        "{who} shared the study with {other}{method}{until}{urgent}{state}{confirmed}"
    ),
    Action.SHARE_CHANGE: gettext_noop("{who} changed the share with {other}{method}{until}{urgent}{before}"),
    Action.SHARE_END: gettext_noop("{who} ended the share with {other}{method}{why}"),
    Action.SHARE_EXPIRE: gettext_noop("The share with {other}{method} reached its end date"),
    Action.SHARE_UNREACHABLE: gettext_noop(
        "The share with {other}{method} ended because an earlier share ended"
    ),
    Action.SHARE_ESCALATE: gettext_noop(
        "The share with {other}{method}{urgent}, was not opened in time{notified}"
    ),
    Action.TIME_ASK: gettext_noop("{who} asked for more time for the study on {place}"),
    Action.TIME_DECLINE: gettext_noop("{who} declined more time for the share with {other}{method}"),
    Action.SHARE_APPROVE: gettext_noop("{who} approved the share with {other}{method}"),
    Action.SHARE_DECLINE: gettext_noop("{who} declined the share with {other}{method}{why}"),
    Action.SHARE_CLAIM: gettext_noop("{who} received the study shared with {other}"),
    Action.SHARE_ACKNOWLEDGE: gettext_noop("{who} acknowledged receipt of the study"),
    Action.SHARE_DROP: gettext_noop("The share waiting for {other} was cancelled{why}"),
    Action.GUEST_LINK_ADD: gettext_noop("{who} made a guest link{link}{until}"),
    Action.GUEST_LINK_MAIL: gettext_noop("{who} emailed the guest link{link} to {email}"),
    Action.GUEST_LINK_EXTEND: gettext_noop("{who} extended the guest link{link}{until}{before}"),
    Action.GUEST_LINK_RENEW: gettext_noop("{who} made a new URL for the guest link{link}"),
    Action.GUEST_LINK_END: gettext_noop("{who} ended the guest link{link}"),
    Action.GUEST_LINK_LAPSE: gettext_noop("The guest link{link} ended{why}"),
    Action.GUEST_LINK_OPEN: gettext_noop("The study was opened with the guest link{link}{authoriser}"),
    Action.GUEST_LINK_REFUSED: gettext_noop("A wrong password was entered for the guest link{link}"),
    Action.GUEST_LINK_PRINT: gettext_noop("{who} saw the letter with the guest link{link}"),
    Action.GUEST_LINK_ASK: gettext_noop("A new guest link was asked for in place of{link}{authoriser}"),
    Action.GUEST_LINKS_READ: gettext_noop("{who} viewed guest links{links}"),
    Action.REFUSED: gettext_noop("{who} could not share the study{with_other}{method}{why}"),
    Action.DENIED: gettext_noop("{who} was refused access{attempt}"),
    Action.AUDIT_READ: gettext_noop("{who} read the audit trail{filtered}"),
    Action.AUDIT_EXPORT: gettext_noop("{who} exported the audit trail{lines}{filtered}"),
}

# Sentences for events that did not succeed; every other sentence then begins as in IN_FRONT.
OTHERWISE: dict[tuple[Action, str], str] = {
    (Action.CODE_LOOK_UP, "failed"): gettext_noop("{who} looked up an unknown share code"),
    (Action.SIGN_IN_FAILED, "failed"): SENTENCES[Action.SIGN_IN_FAILED],
    (Action.SIGN_IN_FAILED, "refused"): SENTENCES[Action.SIGN_IN_FAILED],
    (Action.FACTOR_FAILED, "failed"): SENTENCES[Action.FACTOR_FAILED],
    (Action.STUDY_DOWNLOAD_END, "failed"): gettext_noop(
        "{who} has received a part of the download of the study{images}{deidentified}"
    ),
    (Action.STUDY_SEND_END, "failed"): gettext_noop(
        "The study was not sent whole for {who} to the destination{destination}{images}"
    ),
    (Action.UPLOAD_REFUSED, "refused"): SENTENCES[Action.UPLOAD_REFUSED],
    (Action.OTHER_PATIENT_REFUSED, "refused"): SENTENCES[Action.OTHER_PATIENT_REFUSED],
    (Action.GUEST_LINK_REFUSED, "refused"): SENTENCES[Action.GUEST_LINK_REFUSED],
    (Action.REFUSED, "refused"): SENTENCES[Action.REFUSED],
    (Action.DENIED, "refused"): SENTENCES[Action.DENIED],
}
IN_FRONT = {"refused": gettext_noop("Refused: {sentence}"), "failed": gettext_noop("Failed: {sentence}")}

# The dialogs that name studies and recipients, and the pages of the administration that name people.
DIALOGS = {
    "share": gettext_noop("the share dialog"),
    "report": gettext_noop("the report after sharing"),
    "approvals": gettext_noop("the shares that wait for approval or were decided"),
    "receipt": gettext_noop("the receipt of what was shared"),
    "change": gettext_noop("a share before changing it"),
    "more_time": gettext_noop("a request for more time"),
    "end": gettext_noop("what ends with a share"),
    "remove": gettext_noop("what ends with a removal"),
    "delete": gettext_noop("what ends with a deletion"),
    "move": gettext_noop("the study before moving its original"),
    "patient": gettext_noop("what differs under the MRN of the study"),
    "own_mrn": gettext_noop("the own MRN of the study’s patient"),
    "send": gettext_noop("the study before sending it to another system"),
    "correct": gettext_noop("the details of the study before correcting them"),
    "download": gettext_noop("what can be downloaded"),
    "link": gettext_noop("the guest link dialog"),
}
# What became of the number that a worklist notes for a patient.
NOTED = {
    "added": gettext_noop("noted"),
    "changed": gettext_noop("changed"),
    "removed": gettext_noop("removed"),
}
PAGES = {
    "accounts_account": gettext_noop("the settings"),
    "accounts_accountmembership": gettext_noop("the people"),
    "accounts_invitation": gettext_noop("the invitations"),
    "accounts_role": gettext_noop("the roles"),
    "sharing_sharerule": gettext_noop("the sharing rules"),
    "accounts_user": gettext_noop("the users"),
    "worklists_worklist": gettext_noop("the worklists"),
    "worklists_worklistmembership": gettext_noop("the worklist members"),
    "autocomplete": gettext_noop("the people to choose from"),
}

METHODS = {
    "location": gettext_noop("location"),
    "group": gettext_noop("group"),
    "physician": gettext_noop("physician"),
    "code": gettext_noop("by share code"),
    "email": gettext_noop("by email"),
}

STATES = {
    "awaiting_approval": gettext_noop(", awaiting approval"),
    "invited": gettext_noop(", with an invitation"),
}

# Actions that an event's detail tells apart: the key of the detail, and then the short name.
MEMBERSHIP_STATES: dict[str, tuple[str, str]] = {
    Action.MEMBER_LEAVE: ("inactive", gettext_noop("Account member deactivated")),
    Action.MEMBER_CHANGE: ("active", gettext_noop("Account member reactivated")),
}

# What became of a share's note.
NOTES = {
    "added": gettext_noop("note added"),
    "changed": gettext_noop("note changed"),
    "removed": gettext_noop("note removed"),
}

# The codes in an event's `why`, in words.
REASONS = {
    "duplicate": gettext_noop("the person already had this share"),
    "refused": gettext_noop("this share is no longer allowed"),
    "deactivated": gettext_noop("the person is deactivated"),
    "may_not_give": gettext_noop("the person who offered it may no longer do so"),
    "factor_taken": gettext_noop("a lost second factor was removed"),
    "idle": gettext_noop("no activity"),
    "signed_out_elsewhere": gettext_noop("signed out from another browser"),
    "new_password": gettext_noop("the password was changed"),
    "asked_again": gettext_noop("the password was asked for again"),
    "too_many": gettext_noop("too many attempts"),
    "several_emails": gettext_noop("tried with several email addresses"),
    "several_networks": gettext_noop("tried from several networks"),
    "unverified": gettext_noop("the sign-in provider has not confirmed the address"),
    "passkey": gettext_noop("unknown passkey"),
    "unknown": gettext_noop("no account has this address"),
    "provider": gettext_noop("the sign-in provider of the organisation gave an invalid answer"),
    "removed": gettext_noop("removed from the worklist"),
    "study_deleted": gettext_noop("the study was deleted"),
    "moved": gettext_noop("the original was moved to the worklist"),
    "left": gettext_noop("the person left the account"),
    "withdrawn": gettext_noop("the invitation was withdrawn"),
    "undone": gettext_noop("undone right after sharing"),
    "ended": gettext_noop("ended by a person"),
    "expired": gettext_noop("reached its end date"),
    "password": gettext_noop("too many wrong passwords"),
    "no_study": gettext_noop("the study is no longer on the worklist"),
    "no_right": gettext_noop("the person who made the link may no longer do so"),
}
