"""A call of every service of sharing, for `service_calls`."""

from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction

import sharing.services
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
from studies.models import Upload, UploadedStudy
from tests.cast import IP_ADDRESS, acting
from tests.everything import CODE, World
from tests.factories import make_study
from tests.product.call_parts import PASSWORD, STRANGER, Call, inside
from tests.product.delivery_calls import DELIVERIES
from tests.product.explaining_calls import EXPLAINED
from tests.product.guest_calls import GUEST_LINKS
from tests.product.notice_calls import NOTICES
from tests.product.past_calls import OF_THE_PAST
from tests.product.register_calls import REGISTERS
from tests.product.rule_calls import RULES
from tests.product.sending_calls import MOVES
from tests.product.taking_back_calls import TAKEN_BACK
from tests.product.urgent_calls import URGENT
from worklists.models import Worklist
from worklists.services import set_inbox


def _hand_on(w: World) -> None:
    """An upload that was sent to the upload address of Emergency, and taken in."""
    with transaction.atomic():
        set_inbox(worklist=w.cast.emergency, inbox=w.cast.chest, by=acting(w.cast.adam))
        upload = Upload.objects.create(
            worklist=w.cast.chest, sent_to=w.cast.emergency, by=w.cast.ed, state="done", ip_address=IP_ADDRESS
        )
        study = make_study(w.cast.chest, sent_by=w.cast.ed)
        UploadedStudy.objects.create(upload=upload, study=study, n_new=1)
        sharing.services.hand_on_sent()


SHARING: dict[str, Call] = {
    "approvals.decide_share": lambda w: sharing.services.decide_share(
        share=w.awaits.uuid, by=acting(w.cast.adam), approve=True
    ),
    "changes.change_share": lambda w: sharing.services.change_share(
        share=w.on_emergency.uuid, by=acting(w.cast.ana), expires_at=None, note="Another"
    ),
    "sent_uploads.hand_on_sent": _hand_on,
    "ends.end_shares": lambda w: end_shares(shares=[w.on_emergency.uuid], by=acting(w.cast.ana)),
    **TAKEN_BACK,
    **URGENT,
    **EXPLAINED,
    **OF_THE_PAST,
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
    "invitations.withdraw_upload_invitation": lambda w: sharing.services.withdraw_upload_invitation(
        invited=w.invited_upload.uuid, worklist=w.invited_upload.worklist, by=acting(w.cast.adam)
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
    "promises.end_promises": inside(
        lambda w: promises.end_promises(invitation=w.invited, by=acting(w.cast.ana))
    ),
    **DELIVERIES,
    **GUEST_LINKS,
    **NOTICES,
    **REGISTERS,
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
