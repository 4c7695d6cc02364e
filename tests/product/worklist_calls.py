"""A call of every service of worklists, roles and members, for `service_calls`."""

from zoneinfo import ZoneInfo

import worklists.services
from accounts.models import Account, AccountMembership
from audit.actor import OPERATOR
from audit.models import AuditEvent
from audit.selectors import Filters
from tests.cast import acting
from tests.everything import World
from tests.factories import membership_of
from tests.product.call_parts import Call, a_role, inside
from worklists.models import InvitedMembership, Worklist
from worklists.services import MembershipOffer, personal, roles
from worklists.services import reads as account_reads
from worklists.services import trail as account_trail
from worklists.services.life_policies import LifeDays


def _nina(w: World) -> InvitedMembership:
    return InvitedMembership.objects.get(invitation__email=w.newcomer.email)


WORKLISTS: dict[str, Call] = {
    "account.begin_account": lambda w: worklists.services.begin_account(
        name="Fifth Hospital", email="head@example.net", by=OPERATOR
    ),
    "account.create_account": lambda w: worklists.services.create_account(name="Third Hospital", by=OPERATOR),
    "reads.read_administration": lambda w: account_reads.read_administration(
        account=w.cast.northgate, page="accounts_role", by=acting(w.cast.adam)
    ),
    "account_settings.change_account": lambda w: worklists.services.change_account(
        account=w.cast.northgate, invitation_days=7, second_factor_in=14, by=acting(w.cast.adam)
    ),
    "life_policies.set_life_policies": lambda w: worklists.services.set_life_policies(
        account=w.cast.northgate, lives={"email": LifeDays(7, 30)}, by=acting(w.cast.adam)
    ),
    "providers.set_provider": lambda w: worklists.services.set_provider(
        account=w.cast.northgate, name="northgate", issuer="https://login.northgate.example", client_id="cimar",
        domains=["northgate.example"], by=acting(w.cast.sue),
    ),
    "providers.remove_provider": lambda w: worklists.services.remove_provider(
        account=w.cast.riverside, by=acting(w.cast.sue)
    ),
    "account_names.confirm_account": lambda w: worklists.services.confirm_account(
        account=w.cast.northgate, domain="northgate.example", town="Northgate", by=acting(w.cast.sue)
    ),
    "account_names.decline_account_name": lambda w: worklists.services.decline_account_name(
        account=w.cast.riverside, why="Not known", by=acting(w.cast.sue)
    ),
    "notice_presets.set_notice_presets": lambda w: worklists.services.set_notice_presets(
        worklist=w.cast.ct, times={"shared_here": "now"}, by=acting(w.cast.adam)
    ),
    "notice_choices.choose_notices": lambda w: worklists.services.choose_notices(
        worklist=w.cast.ct, times={"shared_here": "now"}, by=acting(w.cast.ana)
    ),
    "members.add_account_member": lambda w: worklists.services.add_account_member(
        account=w.cast.northgate, user=w.cast.ed, role=a_role(w, "Viewer"), by=acting(w.cast.adam), every_worklist=True
    ),
    "members.change_account_member": lambda w: worklists.services.change_account_member(
        membership=w.member(w.cast.ana), role=a_role(w, "Viewer"), by=acting(w.cast.adam)
    ),
    "members.deactivate_member_without_shares": lambda w: worklists.services.deactivate_member_without_shares(
        membership=w.member(w.cast.ana), by=acting(w.cast.adam)
    ),
    "members.reactivate_member": lambda w: worklists.services.reactivate_member(
        membership=w.member(w.cast.ina), by=acting(w.cast.adam)
    ),
    "members.remove_member_without_shares": lambda w: worklists.services.remove_member_without_shares(
        membership=w.member(w.cast.ana), by=acting(w.cast.adam)
    ),
    "personal.change_personal_code": lambda w: personal.change_personal_code(by=acting(w.cast.ana), new=True),
    "roles.add_role": lambda w: worklists.services.add_role(
        account=w.cast.northgate, name="Reader", permissions=["list_studies"], by=acting(w.cast.adam)
    ),
    "roles.change_role": lambda w: worklists.services.change_role(
        role=a_role(w, "Radiologist"), permissions=["list_studies"], name="Reader", by=acting(w.cast.adam)
    ),
    "roles.make_shipped_roles": inside(
        lambda w: roles.make_shipped_roles(Account.objects.create(name="Fourth Hospital"), by=OPERATOR)
    ),
    "roles.copy_role": lambda w: worklists.services.copy_role(
        role=a_role(w, "Viewer"), name="Copy", by=acting(w.cast.adam)
    ),
    "replacements.replace_role": lambda w: worklists.services.replace_role(
        role=a_role(w, "Viewer"), other=a_role(w, "Radiologist"), by=acting(w.cast.adam)
    ),
    "roles.remove_role": lambda w: worklists.services.remove_role(role=a_role(w, "Nobody's"), by=acting(w.cast.adam)),
    "trail.export_account_trail": lambda w: account_trail.export_account_trail(
        account=w.cast.northgate, by=acting(w.cast.adam), filters=Filters(), zone=ZoneInfo("UTC")
    ),
    "trail.read_history": lambda w: account_trail.read_history(
        account=w.cast.northgate, by=acting(w.cast.adam), events=AuditEvent.objects.none(), row="role 1"
    ),
    "trail.read_account_trail": lambda w: account_trail.read_account_trail(
        account=w.cast.northgate, by=acting(w.cast.adam), filters=Filters()
    ),
    "own_offers.accept_offer": lambda w: worklists.services.accept_offer(
        invitation=_nina(w).invitation.uuid, offered_at=_nina(w).offered_at, by=acting(w.newcomer)
    ),
    "own_offers.decline_offer": lambda w: worklists.services.decline_offer(
        invitation=_nina(w).invitation.uuid, by=acting(w.newcomer)
    ),
    "own_offers.join_by_registration": lambda w: worklists.services.join_by_registration(
        invitation=_nina(w).invitation, by=acting(w.newcomer)
    ),
    "staff_claims.end_offer_without_invitation": lambda w: (
        worklists.services.end_offer_without_invitation(membership=w.offered, by=acting(w.cast.adam))
    ),
    "staff_claims.relink_staff_invitation": lambda w: worklists.services.relink_staff_invitation(
        membership=w.offered, by=acting(w.cast.adam)
    ),
    "staff_claims.resend_staff_invitation": lambda w: worklists.services.resend_staff_invitation(
        membership=w.offered, by=acting(w.cast.adam)
    ),
    "staff_invitations.invite_members": lambda w: worklists.services.invite_members(
        account=w.cast.northgate,
        offers=[MembershipOffer(email, a_role(w, "Viewer")) for email in ("new@example.net", "olga@example.net")],
        by=acting(w.cast.adam),
    ),
    "staff_invitations.preview_invitations": lambda w: worklists.services.preview_invitations(
        account=w.cast.northgate,
        offers=[MembershipOffer("nora@example.net", a_role(w, "Viewer"))],
        by=acting(w.cast.adam),
    ),
    "staff_invitations.invite_members who is registered": lambda w: worklists.services.invite_members(
        account=w.cast.northgate, offers=[MembershipOffer(w.cast.ed.email, a_role(w, "Viewer"))], by=acting(w.cast.adam)
    ),
    "worklist_members.add_worklist_member": lambda w: worklists.services.add_worklist_member(
        worklist=w.cast.chest, user=w.cast.ana, role=a_role(w, "Viewer"), by=acting(w.cast.adam)
    ),
    "worklist_members.add_worklist_members": lambda w: worklists.services.add_worklist_members(
        worklist=w.cast.chest, users=[w.cast.ana, w.cast.ben], by=acting(w.cast.adam)
    ),
    "person_worklists.add_to_worklists": lambda w: worklists.services.add_to_worklists(
        membership=AccountMembership.objects.get(user=w.cast.ana, account=w.cast.northgate),
        worklists=[w.cast.chest, w.cast.emergency],
        by=acting(w.cast.adam),
    ),
    "worklist_members.change_worklist_member": lambda w: worklists.services.change_worklist_member(
        membership=membership_of(w.cast.ana, w.cast.ct), role=a_role(w, "Viewer"), by=acting(w.cast.adam)
    ),
    "worklist_members.remove_worklist_member": lambda w: worklists.services.remove_worklist_member(
        membership=membership_of(w.cast.ana, w.cast.ct), by=acting(w.cast.adam)
    ),
    "upload_invitations.invite_to_upload": lambda w: worklists.services.invite_to_upload(
        worklist=w.invited_upload.worklist, email="new@example.net", by=acting(w.cast.adam)
    ),
    "upload_invitations.resend_upload_invitation": lambda w: worklists.services.resend_upload_invitation(
        invited=w.invited_upload.uuid, worklist=w.invited_upload.worklist, by=acting(w.cast.adam)
    ),
    "upload_invitations.end_upload_without_invitation": lambda w: worklists.services.end_upload_without_invitation(
        invited=w.invited_upload.uuid, worklist=w.invited_upload.worklist, by=acting(w.cast.adam)
    ),
    "inboxes.set_inbox": lambda w: worklists.services.set_inbox(
        worklist=w.cast.ct, inbox=w.cast.chest, by=acting(w.cast.adam)
    ),
    "worklists.add_worklist": lambda w: worklists.services.add_worklist(
        account=w.cast.northgate, kind="group", name="Stroke", share_code="STROKE26", is_front_door=True,
        by=acting(w.cast.adam),
    ),
    "worklists.change_worklist": lambda w: worklists.services.change_worklist(
        worklist=w.cast.ct,
        name="CT",
        share_code="CTNEW",
        is_front_door=True,
        takes_shares=False,
        by=acting(w.cast.adam),
    ),
    "worklists.make_share_code": lambda w: worklists.services.make_share_code(
        worklist=w.cast.chest, by=acting(w.cast.adam)
    ),
    "worklists.remove_worklist_without_shares": lambda w: worklists.services.remove_worklist_without_shares(
        worklist=Worklist.objects.get(name="Spare"), by=acting(w.cast.adam), veto=lambda worklist: ""
    ),
}  # fmt: skip
