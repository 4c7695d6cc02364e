"""A world in which every deed can be done, for the tests that try them all."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now

import sharing.services
import worklists.services
from accounts import tokens
from accounts.models import Account, AccountMembership, Invitation, User
from accounts.services import registration, second_factor
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Blob, Leftover, Study, Upload
from studies.services import uploads
from tests.bad_files import as_bytes, dicom
from tests.cast import Cast, acting, make_cast
from tests.factories import (
    make_group,
    make_instance,
    make_role,
    make_series,
    make_study,
    make_user,
    placement_of,
)
from worklists.models import AccessToken, InvitedMembership, Sender, Worklist
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
    upload: Upload
    open_upload: Upload

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
    newcomer = make_user("Nina", email="nina@example.net")
    upload = Upload.objects.create(worklist=cast.ct, by=cast.ana, state=Upload.State.DONE)
    open_upload = Upload.objects.create(
        worklist=cast.ct, by=cast.ana, open_until=Now() + timedelta(hours=1), n_announced=2
    )
    in_a_week = date.today() + timedelta(days=7)
    made = worklists.services.make_token(
        by=acting(cast.ana), name="Reading script", worklists=[cast.ct.uuid], last_day=in_a_week
    )
    added = worklists.services.add_sender(
        account=cast.northgate, worklist=cast.ct, name="CT gateway", last_day=in_a_week, by=acting(cast.adam)
    )
    return World(
        cast, study, shares[0], shares[1], invited, claimer, instance, offered, newcomer,
        made.token, added.sender, upload, open_upload,
    )  # fmt: skip


def share(by: User, study: Study, worklist: Worklist, target: Target) -> sharing.services.ShareReport:
    placement = placement_of(study, worklist).uuid
    return sharing.services.share_studies(placements=[placement], targets=[target], by=acting(by))


def a_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("picture.dcm", as_bytes(dicom()))
