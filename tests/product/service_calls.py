"""A call of every service that writes, or that shows something."""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models.functions import Now

import audit.services
import sharing.services
import studies.services
import worklists.services
from accounts.models import Account, User
from accounts.services import invitations, people, registration, second_factor, sessions
from audit import clock
from audit.actions import Action
from audit.actor import OPERATOR, Actor
from audit.models import AuditEvent
from audit.selectors import Filters
from audit.services import On
from sharing.models import Method
from sharing.services import (
    codes,
    dialog,
    end_shares,
    previews,
    promises,
    settling,
    shares_csv,
)
from sharing.services import reads as sharing_reads
from sharing.targets import Target
from studies.deidentified import Options
from studies.events import Taken
from studies.models import Placement, Study
from studies.selectors import Order, Question, placement_for
from studies.selectors.dicom_questions import DicomQuestion, Level
from studies.services import (
    Download,
    DownloadedStudy,
    Form,
    Part,
    Reference,
    reads,
    trail,
    upload_parts,
    uploads,
)
from tests.bad_files import as_bytes, dicom, source
from tests.bursts import record_a_burst, record_a_received_burst
from tests.cast import IP_ADDRESS, acting
from tests.everything import CODE, World, a_file
from tests.factories import make_instance, membership_of
from tests.passkeys import registered
from tests.product.delivery_calls import DELIVERIES
from tests.product.explaining_calls import EXPLAINED
from tests.product.guest_calls import GUEST_LINKS
from tests.product.notice_calls import NOTICES
from tests.product.rule_calls import RULES
from tests.product.sending_calls import MOVES, SENDINGS
from tests.product.taking_back_calls import TAKEN_BACK
from tests.product.token_calls import TOKENS
from worklists.models import InvitedMembership, Worklist
from worklists.services import MembershipOffer, personal, roles
from worklists.services import reads as account_reads
from worklists.services import trail as account_trail
from worklists.services.life_policies import LifeDays

Call = Callable[[World], object]
REPORT = "1.2.840.10008.5.1.4.1.1.88.11"
PASSWORD = "calm reading room"


def _stamp(user: User) -> Callable[[], bool]:
    """In place of opening or closing a session, which no fingerprint sees: something that one does."""
    return lambda: bool(User.objects.filter(pk=user.pk).update(last_login=Now()))


def _app(user: User) -> Authenticator:
    return Authenticator.objects.get(user=user, type="totp")


def _prove(user: User) -> Callable[[], bool]:
    return lambda: bool(EmailAddress.objects.filter(user=user, verified=False).update(verified=True))


def _role(w: World, name: str) -> Any:
    return w.cast.northgate.roles.get(name=name)


def _inside(call: Call) -> Call:
    """A part of a deed, in the transaction that its caller begins."""

    def deed(w: World) -> None:
        with transaction.atomic():
            call(w)

    return deed


ACCOUNTS: dict[str, Call] = {
    "invitations.invite_all": lambda w: invitations.invite_all(
        emails=["new@example.net", "newer@example.net", "dora@example.net"],
        account=w.cast.northgate,
        by=acting(w.cast.ana),
        now=clock.now() + timedelta(days=10),
    ),
    "invitations.mark_accepted": lambda w: invitations.mark_accepted(
        invitation=w.invited, by=acting(w.cast.ed), now=clock.now()
    ),
    "invitations.note_opening": lambda w: invitations.note_opening(invitation=w.invited, by=acting(STRANGER)),
    "invitations.relink": lambda w: invitations.relink(invitation=w.invited, by=acting(w.cast.ana)),
    "invitations.resend": lambda w: invitations.resend(invitation=w.invited, by=acting(w.cast.ana)),
    "invitations.withdraw": lambda w: invitations.withdraw(invitation=w.invited, by=acting(w.cast.ana)),
    "people.add_user": lambda w: people.add_user(
        email="root@example.org",
        name="Root",
        password=PASSWORD,
        by=OPERATOR,
        is_superuser=True,
        is_staff=True,
    ),
    "people.change_details": lambda w: people.change_details(
        user=w.cast.ana, name="Ana Maria", timezone="Europe/Paris", by=acting(w.cast.ana)
    ),
    "people.set_password": lambda w: people.set_password(
        user=User.objects.get(pk=w.cast.ana.pk),
        password="another long one",
        reset=False,
        by=acting(w.cast.ana),
    ),
    "registration.prove_code": lambda w: registration.prove_code(
        invitation=w.invited, code="000000", by=acting(STRANGER)
    ),
    "registration.register": lambda w: registration.register(
        invitation=w.invited, name="Dora", password=make_password(PASSWORD), code=CODE, by=acting(STRANGER)
    ),
    "registration.send_code": lambda w: registration.send_code(invitation=w.invited, by=acting(STRANGER)),
    "second_factor.add_app": lambda w: second_factor.add_app(
        by=acting(w.cast.vera), secret="JBSWY3DPEHPK3PXP"
    ),
    "second_factor.add_key": lambda w: second_factor.add_key(
        by=acting(w.cast.vera), name="Key", credential=registered()
    ),
    "second_factor.remove_factor": lambda w: second_factor.remove_factor(
        by=acting(w.cast.ana), factor=_app(w.cast.ana)
    ),
    "second_factor.renew_codes": lambda w: second_factor.renew_codes(by=acting(w.cast.ana)),
    "second_factor.use": lambda w: second_factor.use(
        user=w.cast.ana, attempt=lambda: _app(w.cast.ana), mark=_stamp(w.cast.ana), by=acting(STRANGER)
    ),
    "second_factor.use of a wrong one": lambda w: second_factor.use(
        user=w.cast.ana, attempt=lambda: None, mark=_stamp(w.cast.ana), by=acting(STRANGER)
    ),
    "sessions.end_idle": lambda w: sessions.end_idle(
        by=acting(w.cast.ana), session="a-session", end=_stamp(w.cast.ana)
    ),
    "sessions.end_sessions": lambda w: sessions.end_sessions(
        user=w.cast.ana, sessions=["a-session"], why="signed_out_elsewhere", by=acting(w.cast.ana)
    ),
    "sessions.note_limited": lambda w: sessions.note_limited(email="ana@example.org", by=acting(STRANGER)),
    "sessions.note_wrong_password": lambda w: sessions.note_wrong_password(by=acting(w.cast.ana)),
    "sessions.confirm_email": lambda w: sessions.confirm_email(
        by=acting(w.claimer), email="nell@example.com", confirm=_prove(w.claimer)
    ),
    "sessions.note_failed_sign_in": lambda w: sessions.note_failed_sign_in(
        email="x@example.net", by=acting(STRANGER)
    ),
    "sessions.refuse_inactive": lambda w: sessions.refuse_inactive(user=w.cast.ina, by=acting(STRANGER)),
    "sessions.sign_in": lambda w: sessions.sign_in(by=acting(w.cast.ana), begin=_stamp(w.cast.ana)),
    "sessions.sign_out": lambda w: sessions.sign_out(by=acting(w.cast.ana), end=_stamp(w.cast.ana)),
}


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
    "notice_choices.choose_notices": lambda w: worklists.services.choose_notices(
        worklist=w.cast.ct, times={"shared_here": "now"}, by=acting(w.cast.ana)
    ),
    "members.add_account_member": lambda w: worklists.services.add_account_member(
        account=w.cast.northgate, user=w.cast.ed, role=_role(w, "Viewer"), by=acting(w.cast.adam), every_worklist=True
    ),
    "members.change_account_member": lambda w: worklists.services.change_account_member(
        membership=w.member(w.cast.ana), role=_role(w, "Viewer"), by=acting(w.cast.adam)
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
        role=_role(w, "Radiologist"), permissions=["list_studies"], name="Reader", by=acting(w.cast.adam)
    ),
    "roles.make_shipped_roles": _inside(
        lambda w: roles.make_shipped_roles(Account.objects.create(name="Fourth Hospital"), by=OPERATOR)
    ),
    "roles.copy_role": lambda w: worklists.services.copy_role(
        role=_role(w, "Viewer"), name="Copy", by=acting(w.cast.adam)
    ),
    "replacements.replace_role": lambda w: worklists.services.replace_role(
        role=_role(w, "Viewer"), other=_role(w, "Radiologist"), by=acting(w.cast.adam)
    ),
    "roles.remove_role": lambda w: worklists.services.remove_role(role=_role(w, "Nobody's"), by=acting(w.cast.adam)),
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
        offers=[MembershipOffer(email, _role(w, "Viewer")) for email in ("new@example.net", "olga@example.net")],
        by=acting(w.cast.adam),
    ),
    "staff_invitations.preview_invitations": lambda w: worklists.services.preview_invitations(
        account=w.cast.northgate,
        offers=[MembershipOffer("nora@example.net", _role(w, "Viewer"))],
        by=acting(w.cast.adam),
    ),
    "staff_invitations.invite_members who is registered": lambda w: worklists.services.invite_members(
        account=w.cast.northgate, offers=[MembershipOffer(w.cast.ed.email, _role(w, "Viewer"))], by=acting(w.cast.adam)
    ),
    "worklist_members.add_worklist_member": lambda w: worklists.services.add_worklist_member(
        worklist=w.cast.chest, user=w.cast.ana, role=_role(w, "Viewer"), by=acting(w.cast.adam)
    ),
    "worklist_members.add_worklist_members": lambda w: worklists.services.add_worklist_members(
        worklist=w.cast.chest, users=[w.cast.ana, w.cast.ben], by=acting(w.cast.adam)
    ),
    "worklist_members.change_worklist_member": lambda w: worklists.services.change_worklist_member(
        membership=membership_of(w.cast.ana, w.cast.ct), role=_role(w, "Viewer"), by=acting(w.cast.adam)
    ),
    "worklist_members.remove_worklist_member": lambda w: worklists.services.remove_worklist_member(
        membership=membership_of(w.cast.ana, w.cast.ct), by=acting(w.cast.adam)
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


def _nothing_of(w: World) -> Download:
    """The bytes are not there; that the download ended is recorded all the same."""
    by = acting(w.cast.adam)
    placement = placement_for(by, w.at_home.uuid)
    assert placement is not None
    return Download([DownloadedStudy(placement, [])], by, "one", Form(deidentified=Options()))


def _download_nothing(w: World) -> None:
    download = _nothing_of(w)
    layout = studies.services.lay_out(download=download, readme="")
    list(studies.services.send_download(download=download, layout=layout))


def _download_nothing_deidentified(w: World) -> None:
    list(studies.services.send_deidentified(download=_nothing_of(w), readme=lambda left_out, with_text: ""))


def _store_received(w: World) -> None:
    ds = dicom()
    with tempfile.NamedTemporaryFile() as file:
        file.write(as_bytes(ds))
        file.flush()
        studies.services.store_received(
            worklist=w.cast.ct,
            path=Path(file.name),
            announced=Reference(ds.SOPClassUID, ds.SOPInstanceUID),
            by=acting(w.cast.ana),
        )


def a_whole_piece(w: World, file: Any) -> None:
    piece = upload_parts.Piece(mark="b" * 64, start=0, whole=file.size)
    upload_parts.receive_piece(upload=w.open_upload.uuid, by=acting(w.cast.ana), file=file, piece=piece)


def _confirm_patient(w: World) -> None:
    with transaction.atomic():
        Placement.objects.filter(pk=w.at_home.pk).update(differs=["name"])
        studies.services.confirm_patient(
            placement=w.at_home.uuid, by=acting(w.cast.adam), why="as in the record"
        )


STUDIES: dict[str, Call] = {
    "receiving.store_received": _store_received,
    "received_bursts.record_received": lambda w: record_a_received_burst(w.cast.ana),
    "ingest.carry_in": lambda w: studies.services.carry_in(
        worklist=w.cast.ct, by=acting(w.cast.ana), sources=[source(as_bytes(dicom()))]
    ),
    "ingest.take_in_all": lambda w: studies.services.take_in_all(
        worklist=w.cast.ct, by=acting(w.cast.ana), sources=[source(as_bytes(dicom()))]
    ),
    "shield.read_disagreement": lambda w: studies.services.read_disagreement(
        placement=w.at_home.uuid, by=acting(w.cast.adam)
    ),
    "shield.confirm_patient": _confirm_patient,
    "correcting.begin_correction": lambda w: studies.services.begin_correction(
        placement=w.at_home.uuid, by=acting(w.cast.adam)
    ),
    "correcting.correct_study": lambda w: studies.services.correct_study(
        placement=w.at_home.uuid,
        by=acting(w.cast.adam),
        values={"patient_sex": "O"},
        mark=studies.services.values_mark(Study.objects.get(pk=w.at_home.study_id)),
        why="sex as in the record",
    ),
    "leftovers.sweep_leftovers": lambda w: studies.services.sweep_leftovers(),
    "downloads.offer_download": lambda w: studies.services.offer_download(
        placements=[w.at_home.uuid], by=acting(w.cast.adam)
    ),
    "downloads.begin_download": lambda w: studies.services.begin_download(download=_nothing_of(w)),
    "deidentified_downloads.send_deidentified": _download_nothing_deidentified,
    "downloads.send_download": _download_nothing,
    "instances.open_instance": lambda w: studies.services.open_instance(
        placement=w.at_home.uuid,
        instance=w.instance.uuid,
        by=acting(w.cast.ana),
        part=Part.FRAME,
        session="one",
    ),
    "packs.view_study": lambda w: studies.services.view_study(
        placement=w.at_home.uuid, by=acting(w.cast.ana), session="viewer"
    ),
    "packs.open_pack": lambda w: studies.services.open_pack(
        placement=w.at_home.uuid, pack=w.instance.series.view_copy.uuid, by=acting(w.cast.ana), session="pack"
    ),
    "dicom_search.search_by_dicom": lambda w: studies.services.search_by_dicom(
        worklist=w.cast.ct.uuid, by=acting(w.cast.ana), question=DicomQuestion(level=Level.STUDY, limit=1)
    ),
    "retrieval.open_by_uid": lambda w: studies.services.open_by_uid(
        worklist=w.at_home.worklist.uuid,
        study=w.at_home.study.study_instance_uid,
        by=acting(w.cast.ana),
        session="another",
    ),
    "reads.read_list": lambda w: reads.read_list(
        worklist=w.cast.ct, by=acting(w.cast.ana), question=Question(), order=Order()
    ),
    "reads.read_upload": lambda w: reads.read_upload(upload=w.upload.uuid, by=acting(w.cast.ana)),
    "reads.export_upload": lambda w: reads.export_upload(upload=w.upload.uuid, by=acting(w.cast.ana)),
    "trail.open_trail": lambda w: trail.open_trail(placement=w.at_home, by=acting(w.cast.ana)),
    "reads.open_study": lambda w: reads.open_study(
        placement=placement_for(acting(w.cast.ana), w.at_home.uuid), by=acting(w.cast.ana)
    ),
    "beside.open_object": _inside(
        lambda w: studies.services.open_object(
            placement=placement_for(acting(w.cast.ana), w.at_home.uuid),
            by=acting(w.cast.ana),
            instance=make_instance(w.instance.series, sop_class_uid=REPORT, frames=0).uuid,
        )
    ),
    "taking.take_image": lambda w: studies.services.take_image(
        placement=placement_for(acting(w.cast.ana), w.at_home.uuid),
        by=acting(w.cast.ana),
        how=Taken.SAVE,
        series=w.instance.series.uuid,
        instance=w.instance.uuid,
    ),
    "trail.export_trail": lambda w: trail.export_trail(
        placement=w.at_home, by=acting(w.cast.ana), filters=Filters(), zone=ZoneInfo("Europe/London")
    ),
    "trail.read_trail": lambda w: trail.read_trail(
        placement=w.at_home, by=acting(w.cast.ana), filters=Filters()
    ),
    **SENDINGS,
    "storing.store_instances": lambda w: studies.services.store_instances(
        worklist=w.cast.ct.uuid, by=acting(w.cast.ana), sources=[source(as_bytes(dicom()))]
    ),
    "upload_parts.begin_upload": lambda w: upload_parts.begin_upload(
        worklist=w.cast.ct, by=acting(w.cast.ana), n_files=2
    ),
    "upload_parts.receive_part": lambda w: upload_parts.receive_part(
        upload=w.open_upload.uuid, by=acting(w.cast.ana), files=[a_file()], marks=["a" * 64]
    ),
    "upload_parts.receive_piece": lambda w: a_whole_piece(w, a_file()),
    "upload_parts.end_upload": lambda w: upload_parts.end_upload(
        upload=w.open_upload.uuid, by=acting(w.cast.ana)
    ),
    "uploads.ingest_waiting": lambda w: uploads.ingest_waiting(),
    "uploads.receive_upload": lambda w: uploads.receive_upload(
        worklist=w.cast.ct, by=acting(w.cast.ana), files=[a_file(), a_file()]
    ),
}

SHARING: dict[str, Call] = {
    "approvals.decide_share": lambda w: sharing.services.decide_share(
        share=w.awaits.uuid, by=acting(w.cast.adam), approve=True
    ),
    "changes.change_share": lambda w: sharing.services.change_share(
        share=w.on_emergency.uuid, by=acting(w.cast.ana), expires_at=None, note="Another"
    ),
    "ends.end_shares": lambda w: end_shares(shares=[w.on_emergency.uuid], by=acting(w.cast.ana)),
    **TAKEN_BACK,
    **EXPLAINED,
    "invitations.relink_invitation": lambda w: sharing.services.relink_invitation(
        invitation=w.invited.uuid, by=acting(w.cast.ana)
    ),
    "invitations.resend_invitation": lambda w: sharing.services.resend_invitation(
        invitation=w.invited.uuid, by=acting(w.cast.ana)
    ),
    "invitations.withdraw_invitation": lambda w: sharing.services.withdraw_invitation(
        invitation=w.invited.uuid, by=acting(w.cast.ana)
    ),
    "invitations.withdraw_staff_invitation": lambda w: sharing.services.withdraw_staff_invitation(
        membership=w.offered, by=acting(w.cast.adam)
    ),
    "registration.register_invited": lambda w: sharing.services.register_invited(
        invitation=w.invited, name="Dora", password=make_password(PASSWORD), code=CODE, by=acting(STRANGER)
    ),
    "reads.read_access": lambda w: sharing_reads.read_access(placement=w.at_home, by=acting(w.cast.ana)),
    "reads.read_access_names": lambda w: sharing_reads.read_access_names(
        placement=w.at_home, worklist=w.cast.ct.uuid, by=acting(w.cast.ana)
    ),
    "reads.read_access_path": lambda w: sharing_reads.read_access_path(
        placement=w.at_home, share=w.on_emergency.uuid, by=acting(w.cast.ana)
    ),
    "codes.record_limited": lambda w: codes.record_limited(by=acting(w.cast.ana), worklist=w.cast.ct),
    "dialog.offer": lambda w: dialog.offer(placements=[w.at_home.uuid], by=acting(w.cast.ana)),
    "dialog.find_people": lambda w: dialog.find_people(
        find="Ben", accounts=[w.cast.northgate.pk], by=acting(w.cast.ana)
    ),
    "previews.preview_end": lambda w: previews.preview_end(
        shares=[w.on_emergency.uuid], by=acting(w.cast.ana)
    ),
    "previews.preview_removal": lambda w: previews.preview_removal(
        placements=[w.away.uuid], by=acting(w.cast.ben)
    ),
    "previews.preview_deletion": lambda w: previews.preview_deletion(
        placement=w.at_home.uuid, by=acting(w.cast.adam)
    ),
    "previews.preview_withdrawal": lambda w: previews.preview_withdrawal(
        invitation=w.invited.uuid, by=acting(w.cast.ana)
    ),
    "reads.read_share": lambda w: sharing_reads.read_share(share=w.on_emergency.uuid, by=acting(w.cast.ana)),
    "shares_csv.export_shares_made": lambda w: shares_csv.export_shares_made(
        by=acting(w.cast.ana), zone=ZoneInfo("Europe/London")
    ),
    "dialog.read_back": lambda w: dialog.read_back(
        codes=["RIVERSIDE"], by=acting(w.cast.ana), ticked=w.cast.ct
    ),
    "reads.read_received": lambda w: sharing_reads.read_received(
        press=w.on_emergency.press, by=acting(w.cast.ben)
    ),
    "promises.claim_promises": lambda w: sharing.services.claim_promises(by=acting(w.claimer)),
    "promises.end_promises": _inside(
        lambda w: promises.end_promises(invitation=w.invited, by=acting(w.cast.ana))
    ),
    **DELIVERIES,
    **GUEST_LINKS,
    **NOTICES,
    **MOVES,
    **RULES,
    "removal.delete_study": lambda w: sharing.services.delete_study(
        placement=w.at_home.uuid, by=acting(w.cast.adam), why="Wrong patient"
    ),
    "removal.leave_account": lambda w: sharing.services.leave_account(
        membership=w.member(w.cast.ben).pk, by=acting(w.cast.adam)
    ),
    "removal.leave_account for good": lambda w: sharing.services.leave_account(
        membership=w.member(w.cast.ben).pk, by=acting(w.cast.adam), remove=True
    ),
    "removal.remove_from_worklist": lambda w: sharing.services.remove_from_worklist(
        placements=[w.away.uuid], by=acting(w.cast.ben)
    ),
    "settling.settle_overdue": lambda w: settling.settle_overdue(),
    "shares.share_studies": lambda w: sharing.services.share_studies(
        placements=[w.at_home.uuid],
        targets=[
            Target(Method.GROUP, str(w.cast.chest.uuid)),
            Target(Method.PHYSICIAN, str(w.cast.vera.uuid)),
            Target(Method.EMAIL, "somebody@example.net"),
            Target(Method.CODE, "NOSUCHCODE"),
        ],
        by=acting(w.cast.ana),
    ),
    "shares.share_studies again, with a note": lambda w: sharing.services.share_studies(
        placements=[w.at_home.uuid],
        targets=[Target(Method.LOCATION, str(w.cast.emergency.uuid))],
        by=acting(w.cast.ana),
        note="Please look",
    ),
    "worklists.delete_worklist": lambda w: sharing.services.delete_worklist(
        worklist=Worklist.objects.get(name="Spare"), by=acting(w.cast.adam)
    ),
}

STRANGER = Actor.stranger(IP_ADDRESS)


AUDIT: dict[str, Call] = {
    "recording.record": lambda w: audit.services.record(Action.SIGN_OUT, by=acting(w.cast.ana)),
    "recording.record_all": lambda w: audit.services.record_all(
        [audit.services.event(Action.SIGN_OUT, by=OPERATOR, on=On())]
    ),
    "refusals.record_bursts": lambda w: record_a_burst(w.cast.ana),
    "refusals.record_denied": lambda w: audit.services.record_denied(by=acting(w.cast.ana), what="a test"),
}

ROWS = {
    f"{app}.{name}": call
    for app, calls in {
        "audit": AUDIT, "accounts": ACCOUNTS, "worklists": WORKLISTS | TOKENS, "studies": STUDIES, "sharing": SHARING
    }.items()
    for name, call in calls.items()
}  # fmt: skip
