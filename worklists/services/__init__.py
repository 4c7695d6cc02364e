"""Every change of roles, members and worklists. Each: check, resolve, write, audit, and bring the groups in step.

Locks: the account row first (`FOR NO KEY UPDATE`, so that changes of one account's rights are made one after another),
then user, membership and worklist rows, ascending. `by=OPERATOR` is the person who runs a command on the server.
"""

from worklists.services.account import Begun, begin_account, create_account
from worklists.services.account_names import confirm_account, decline_account_name
from worklists.services.account_settings import change_account
from worklists.services.caller_sign_in import CallerRefused, actor_of_caller
from worklists.services.destinations import (
    add_destination,
    change_destination,
    end_destination,
    reseal_destinations,
    secret_of,
)
from worklists.services.inboxes import set_inbox
from worklists.services.life_policies import set_life_policies
from worklists.services.members import (
    add_account_member,
    change_account_member,
    deactivate_member_without_shares,
    reactivate_member,
    remove_member_without_shares,
)
from worklists.services.notice_choices import choose_notices
from worklists.services.notice_presets import set_notice_presets
from worklists.services.noting import note_rights
from worklists.services.own_offers import accept_offer, decline_offer, join_by_registration
from worklists.services.people import remove_second_factor, set_active
from worklists.services.person_worklists import add_to_worklists
from worklists.services.providers import remove_provider, set_provider
from worklists.services.replacements import carry_on_replacements, replace_role
from worklists.services.roles import add_role, change_role, copy_role, remove_role
from worklists.services.senders import NewSender, add_sender, end_sender, renew_sender_token
from worklists.services.staff_claims import (
    end_offer_without_invitation,
    relink_staff_invitation,
    resend_staff_invitation,
)
from worklists.services.staff_invitations import invite_members, preview_invitations
from worklists.services.staff_offers import Answer, MembershipOffer, OfferOutcome
from worklists.services.token_sign_in import actor_with_token, person_with_token
from worklists.services.tokens import NewToken, end_token_in_account, make_token, revoke_token
from worklists.services.upload_invitations import (
    end_invited_uploads,
    end_upload_without_invitation,
    invite_to_upload,
    resend_upload_invitation,
)
from worklists.services.urgent_contacts import set_urgent_contacts
from worklists.services.worklist_members import (
    add_worklist_member,
    add_worklist_members,
    change_worklist_member,
    remove_worklist_member,
)
from worklists.services.worklists import (
    KEEP,
    add_worklist,
    change_worklist,
    check_share_code,
    make_share_code,
    remove_worklist_without_shares,
)

__all__ = [
    "KEEP",
    "Answer",
    "Begun",
    "CallerRefused",
    "MembershipOffer",
    "NewSender",
    "NewToken",
    "OfferOutcome",
    "accept_offer",
    "actor_of_caller",
    "actor_with_token",
    "add_account_member",
    "add_destination",
    "add_role",
    "add_sender",
    "add_to_worklists",
    "add_worklist",
    "add_worklist_member",
    "add_worklist_members",
    "begin_account",
    "carry_on_replacements",
    "change_account",
    "change_account_member",
    "change_destination",
    "change_role",
    "change_worklist",
    "change_worklist_member",
    "check_share_code",
    "choose_notices",
    "confirm_account",
    "copy_role",
    "create_account",
    "deactivate_member_without_shares",
    "decline_account_name",
    "decline_offer",
    "end_destination",
    "end_invited_uploads",
    "end_offer_without_invitation",
    "end_sender",
    "end_token_in_account",
    "end_upload_without_invitation",
    "invite_members",
    "invite_to_upload",
    "join_by_registration",
    "make_share_code",
    "make_token",
    "note_rights",
    "person_with_token",
    "preview_invitations",
    "reactivate_member",
    "relink_staff_invitation",
    "remove_member_without_shares",
    "remove_provider",
    "remove_role",
    "remove_second_factor",
    "remove_worklist_member",
    "remove_worklist_without_shares",
    "renew_sender_token",
    "replace_role",
    "reseal_destinations",
    "resend_staff_invitation",
    "resend_upload_invitation",
    "revoke_token",
    "secret_of",
    "set_active",
    "set_inbox",
    "set_life_policies",
    "set_notice_presets",
    "set_provider",
    "set_urgent_contacts",
]
