"""A world in which every deed can be done, for the tests that try them all."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.db.models.functions import Now

import sharing.services
import worklists.services
from accounts import tokens
from accounts.models import Account, AccountMembership, Invitation, User
from accounts.services import registration, second_factor
from sharing.models import GuestLink, Method, Share, ShareRule
from sharing.targets import Target
from studies.models import Blob, Leftover, Sending, Study, Upload, ViewCopy
from studies.services import uploads
from tests.bad_files import as_bytes, dicom
from tests.cast import IP_ADDRESS, Cast, acting, make_cast
from tests.days import day_of
from tests.factories import (
    make_group,
    make_instance,
    make_location,
    make_role,
    make_series,
    make_study,
    make_user,
    placement_of,
)
from worklists.models import AccessToken, Destination, InvitedMembership, InvitedUpload, Sender, Worklist
from worklists.services import MembershipOffer, set_provider

CODE = "123456"


@dataclass
class World:
    """The cast, and something of everything that can be done something to."""

    cast: Cast
    study: Study
    on_emergency: Share
    awaits: Share
    invited: Invitation
    claimer: User
    instance: Any
    offered: InvitedMembership
    newcomer: User
    token: AccessToken
    sender: Sender
    destination: Destination
    sending: Sending
    upload: Upload
    open_upload: Upload
    guest_link: GuestLink
    locked_link: GuestLink
    dead_link: GuestLink
    share_rule: ShareRule
    invited_upload: InvitedUpload

    @property
    def at_home(self) -> Any:
        return placement_of(self.study, self.cast.ct)

    @property
    def away(self) -> Any:
        return placement_of(self.study, self.cast.emergency)

    def member(self, user: User) -> AccountMembership:
        return AccountMembership.objects.get(user=user)


def make_world() -> World:
    cast = make_cast()
    study = make_study(cast.ct, patient_name="Quill^Hazel")
    instance = make_instance(make_series(study))
    Blob.objects.filter(pk=instance.blob_id).update(preview=Blob.Preview.READY)
    ViewCopy.objects.create(
        series=instance.series, uuid=uuid4(), state=ViewCopy.State.READY, size=4, head_size=2
    )
    Leftover.objects.create(study=make_study(cast.chest), sha256="ab" * 32, size=1)
    Worklist.objects.filter(pk=cast.cardiology.pk).update(needs_approval=True)
    Account.objects.filter(pk=cast.riverside.pk).update(name_asked_for="Royal Clinic")
    set_provider(
        account=cast.riverside, name="riverside", issuer="https://login.riverside.example", client_id="cimar",
        domains=["riverside.example"], by=acting(cast.sue),
    )  # fmt: skip
    reports = [
        share(cast.ana, study, cast.ct, Target(Method.LOCATION, str(cast.emergency.uuid))),
        share(cast.ana, study, cast.ct, Target(Method.GROUP, str(cast.cardiology.uuid))),
        share(cast.ana, study, cast.ct, Target(Method.EMAIL, "dora@example.net")),
        share(cast.ana, study, cast.ct, Target(Method.EMAIL, "nell@example.net")),
        share(cast.ana, study, cast.ct, Target(Method.PHYSICIAN, str(cast.ben.uuid))),
        share(cast.ana, study, cast.ct, Target(Method.CODE, "RIVERSIDE")),
    ]
    shares = [report.rows[0].share for report in reports]
    Share.objects.filter(pk=shares[-1].pk).update(expires_at=Now() - timedelta(minutes=1))
    invited = Invitation.objects.get(email="dora@example.net")
    registration.send_code(invitation=invited, by=acting(None))
    life = Now() + registration.CODE_LIFE - 2 * registration.CODE_PAUSE
    Invitation.objects.filter(pk=invited.pk).update(
        code_hash=tokens.hash_code(invited, CODE), code_expires_at=life
    )
    invited.refresh_from_db()
    claimer = make_user("Nell", email="nell@example.net")
    EmailAddress.objects.create(user=claimer, email="nell@example.com", verified=False, primary=False)
    make_role(cast.northgate, "Nobody's")
    make_group(cast.northgate, "Spare")
    uploads.receive_upload(worklist=cast.ct, by=acting(cast.ana), files=[a_file()])
    second_factor.add_app(by=acting(cast.ana), secret="JBSWY3DPEHPK3PXP")
    Session.objects.create(session_key="a-session", expire_date=Now() + timedelta(days=1))
    UserSession.objects.create(user=cast.ana, session_key="a-session", ip="192.0.2.7", user_agent="")
    viewer = cast.northgate.roles.get(name="Viewer")
    offers = [
        MembershipOffer(f"{name}@example.net", viewer, ((cast.chest, None),)) for name in ("olga", "nina")
    ]
    worklists.services.invite_members(account=cast.northgate, offers=offers, by=acting(cast.adam))
    offered = InvitedMembership.objects.get(invitation__email="olga@example.net")
    trauma = make_location(cast.northgate, "Trauma", share_code="TRAUMA26")
    worklists.services.set_inbox(worklist=trauma, inbox=cast.chest, by=acting(cast.adam))
    invited_upload = worklists.services.invite_to_upload(
        worklist=trauma, email="sender@example.net", by=acting(cast.adam)
    )
    newcomer = make_user("Nina", email="nina@example.net")
    upload = Upload.objects.create(worklist=cast.ct, by=cast.ana, state=Upload.State.DONE)
    open_upload = Upload.objects.create(
        worklist=cast.ct, by=cast.ana, open_until=Now() + timedelta(hours=1), n_announced=2
    )
    in_a_week = day_of(7)
    made = worklists.services.make_token(
        by=acting(cast.ana), name="Reading script", worklists=[cast.ct.uuid], last_day=in_a_week
    )
    added = worklists.services.add_sender(
        account=cast.northgate, worklist=cast.ct, name="CT gateway", last_day=in_a_week, by=acting(cast.adam)
    )
    destination = worklists.services.add_destination(
        account=cast.northgate, name="PACS", url="https://pacs.example/dicom-web", secret="sesame",
        by=acting(cast.adam),
    )  # fmt: skip
    archive = worklists.services.add_destination(
        account=cast.northgate, name="Archive", url="https://archive.example/dicom", by=acting(cast.adam)
    )
    sending = Sending.objects.create(
        study=study, worklist=cast.ct, placement_uuid=placement_of(study, cast.ct).uuid, destination=archive,
        by=cast.adam, ip_address=IP_ADDRESS, n_files=1,
    )  # fmt: skip
    left = share(cast.ana, make_study(cast.ct), cast.ct, Target(Method.LOCATION, str(cast.emergency.uuid)))
    # Of a person who is no longer an active member.
    Share.objects.filter(press=left.press).update(shared_by=cast.ina)
    rule = sharing.services.add_share_rule(
        account=cast.northgate, allows=True, method="code", to="outside", by=acting(cast.adam)
    )
    return World(
        cast, study, shares[0], shares[1], invited, claimer, instance, offered, newcomer,
        made.token, added.sender, destination, sending, upload, open_upload, *make_links(cast, study), rule,
        invited_upload,
    )  # fmt: skip


def make_links(cast: Cast, study: Study) -> list[GuestLink]:
    """One that can be opened, one with a password, one whose time is up and that no one has noticed."""
    links = [
        sharing.services.make_guest_link(
            placements=[placement_of(study, cast.ct).uuid], by=acting(cast.ana), password=password
        )
        for password in ("", "violet-42", "")
    ]
    GuestLink.objects.filter(pk=links[-1].pk).update(expires_at=F("made_at") + timedelta(microseconds=1))
    return links


def share(by: User, study: Study, worklist: Worklist, target: Target) -> sharing.services.ShareReport:
    placement = placement_of(study, worklist).uuid
    return sharing.services.share_studies(placements=[placement], targets=[target], by=acting(by))


def a_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("picture.dcm", as_bytes(dicom()))
