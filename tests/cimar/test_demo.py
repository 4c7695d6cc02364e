"""The demo: loaded twice it is there once, and what it promises to show is there."""

from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO, StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pydicom import dcmread
from pydicom.data import get_testdata_file

from accounts.models import Account, AccountMembership, Invitation, OutboxMail, User
from audit import clock
from audit.actor import OPERATOR
from cimar.demo import files
from cimar.demo.people import LOGINS, PASSWORD
from cimar.demo.places import ACCOUNTS
from cimar.demo.shares import ANA, FELIX, INVITED, PRIYA
from cimar.demo.studies import STUDIES, DemoFile, DemoStudy
from sharing.guest_mail import url_of
from sharing.models import GuestLink, Method, Share
from sharing.services import delete_study, end_guest_link, end_shares
from studies.models import NO_PATH, Blob, Instance, Placement, Study
from studies.selectors import placements_visible_to
from tests.cast import acting
from tests.fingerprint import fingerprint
from tests.sharing.guests import Visitor
from worklists.models import Worklist
from worklists.selectors.code_owners import code_owner
from worklists.services import change_worklist
from worklists.shipped_roles import SHIPPED_ROLES

EVERY_FILE = [pytest.param(study, file, id=file.name) for study in STUDIES for file in study.files]


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker) -> Iterator[str]:
    """What load_demo says; loaded once for this module, and undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        output = load()
        connection.check_constraints()
        yield output
        transaction.set_rollback(True)


@pytest.fixture
def undone(demo: str) -> Iterator[None]:
    """What the test does to the demo is undone after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def load() -> str:
    output, complaints = StringIO(), StringIO()
    call_command("load_demo", stdout=output, stderr=complaints)
    assert complaints.getvalue() == ""
    return output.getvalue()


def study(key: str) -> Study:
    return Study.objects.get(study_instance_uid=files.uid(key))


def placement(key: str, worklist: str) -> Placement:
    return Placement.objects.get(study=study(key), worklist__name=worklist)


def shares(key: str, **of: object) -> list[Share]:
    return list(Share.objects.filter(study=study(key), **of).select_related("from_worklist", "to_worklist"))


def test_loading_again_changes_nothing_and_asks_little(demo):
    before = fingerprint()

    with CaptureQueriesContext(connection) as asked:
        output = load()

    assert fingerprint() == before
    assert len(asked) < 20
    assert output.startswith("The demo is already loaded.")


def test_the_checks_agree(demo):
    call_command("check_access", stdout=StringIO())
    call_command("check_placements", stdout=StringIO())


def test_it_says_who_may_sign_in_and_they_can(demo):
    people = User.objects.filter(email__in=[email for email, _ in LOGINS], is_active=True)
    assert {person.email for person in people if person.check_password(PASSWORD)} == dict(LOGINS).keys()
    assert EmailAddress.objects.filter(user__in=people, verified=True, primary=True).count() == len(LOGINS)
    assert PASSWORD in demo and "/development/mail/" in demo
    assert [email for email, _ in LOGINS if email not in demo] == []


def test_the_readme_says_the_same():
    readme = Path(settings.BASE_DIR, "README.md").read_text()
    assert f"`{PASSWORD}`" in readme
    assert [email for email, _ in LOGINS if f"| {email} |" not in readme] == []


def test_there_are_two_hospitals_and_a_clinic_with_people_in_every_role(demo):
    accounts = Account.objects.all()
    assert len(accounts) == 3
    assert User.objects.count() >= 40
    for account in accounts:
        held = AccountMembership.objects.filter(account=account).values_list("role__name", flat=True)
        assert SHIPPED_ROLES.keys() <= set(held)
        assert Worklist.objects.filter(account=account, is_front_door=True).count() == 1
    assert AccountMembership.objects.filter(active=False).exists()


def test_beside_a_share_code_of_the_demo_are_town_and_domain(demo):
    for wanted in ACCOUNTS:
        account = Account.objects.get(name=wanted.name)
        assert account.town and account.domain.endswith(".example") and account.name_confirmed_at
        assert code_owner(account) == f"{account.town}, {account.domain}, confirmed by CIMAR"


def test_a_worklist_asks_for_approval_and_another_takes_no_shares(demo):
    assert Worklist.objects.filter(needs_approval=True).exists()
    assert Worklist.objects.filter(takes_shares=False).exists()


def test_there_are_at_least_16_studies_of_six_modalities_from_the_last_weeks(demo):
    days = set(Study.objects.values_list("study_date", flat=True))
    today = clock.now().date()
    assert Study.objects.count() >= 16
    assert {modality for study in Study.objects.all() for modality in study.modalities} == {
        "CT", "MR", "CR", "US", "NM", "OT", "SR",
    }  # fmt: skip
    assert min(days) >= today - timedelta(days=35) and max(days) >= today - timedelta(days=2)
    assert Study.objects.values("home").distinct().count() >= 8
    assert (study("ct-head").n_series, study("ct-head").n_instances) == (4, 123)
    assert study("mr-ear").n_series == 1 and study("mr-ear").n_instances == 3


def test_every_study_can_be_seen_at_once(demo):
    kept = storages["dicom"]
    instances = Instance.objects.select_related("blob")
    assert Study.objects.exclude(pk__in=instances.values("study")).count() == 0
    reports = Blob.objects.filter(instances__series__modality="SR")
    assert set(reports.values_list("preview", flat=True)) == {Blob.Preview.NONE}
    assert set(Blob.objects.exclude(pk__in=reports).values_list("preview", flat=True)) == {Blob.Preview.READY}
    pictures = [
        instance.blob.preview_key(frame, thumbnail=thumbnail)
        for instance in instances
        for frame in range(1, instance.frames + 1)
        for thumbnail in (False, True)
    ]
    assert [picture for picture in pictures if not kept.exists(picture)] == []


def test_there_is_a_volume_a_film_a_report_and_a_prior_of_the_same_patient(demo):
    head, prior = study("ct-head"), study("ct-head-prior")
    heights = [
        dcmread(storages["dicom"].open(instance.blob.key), stop_before_pixels=True).ImagePositionPatient[2]
        for instance in Instance.objects.filter(study=head, series__number=10).order_by("number")
    ]
    assert len(heights) == 120
    assert {round(above - below, 3) for below, above in pairwise(heights)} == {1.5}
    assert Instance.objects.filter(study__modalities=["US"], frames__gte=30).exists()
    assert head.patient_id == prior.patient_id and head.home == prior.home
    assert {series.modality for series in head.series.all()} == {"CT", "SR"}


def test_something_was_shared_by_every_method(demo):
    live = Share.objects.filter(ended_at=None, to_worklist__isnull=False)
    assert set(live.values_list("method", flat=True)) == set(Method.values)


def test_an_invitation_waits(demo):
    invitation = Invitation.objects.get(email=INVITED, accepted_at=None, withdrawn_at=None)
    assert [share.to_worklist for share in shares("mr-shoulder", invitation=invitation, ended_at=None)] == [
        None
    ]


def test_a_share_ends_in_a_few_days(demo):
    [share] = Share.objects.filter(ended_at=None, expires_at__isnull=False)
    assert timedelta(days=3) < share.expires_at - clock.now() < timedelta(days=8)
    assert placement("ct-lumbar", "Riverside Imaging").visible_until == share.expires_at


def test_an_external_copy_was_shared_on(demo):
    felix = User.objects.get(email=FELIX)
    copy = Placement.objects.get(study=study("xr-tibia"), worklist__owner=felix)
    onward = placement("xr-tibia", "Sports Injuries")
    assert copy.internal_until == onward.internal_until == NO_PATH
    assert copy.visible_until == onward.visible_until > clock.now()
    assert not felix.account_memberships.exists()


def test_a_share_awaits_approval_and_another_was_approved(demo):
    waits, approved = placement("mr-liver", "Tumour Board"), placement("ct-abdomen", "Tumour Board")
    assert waits.visible_until == NO_PATH and waits.exists_until > clock.now()
    assert approved.visible_until > clock.now()


def test_a_study_went_three_steps_from_home(demo):
    steps = {(share.from_worklist.name, share.to_worklist.name) for share in shares("ct-head", ended_at=None)}
    assert {
        ("CT Reporting", "Neuro MDT"),
        ("Neuro MDT", "Neurosurgery Referrals"),
        ("Neurosurgery Referrals", "Stroke Unit"),
    } <= steps


def test_two_shares_hold_one_placement(demo):
    assert len(shares("ct-head", to_worklist__name="Emergency Department", ended_at=None)) == 2


def test_the_radiologist_sees_much_and_the_superuser_nothing(demo):
    ana, morgan = (User.objects.get(email=email) for email in (ANA, "morgan.vale@cimar.example"))
    assert placements_visible_to(acting(ana)).values("study").distinct().count() >= 10
    assert not placements_visible_to(acting(morgan)).exists()


def test_a_guest_link_opens_without_signing_in_by_the_url_that_is_printed(demo, undone, clock):
    [link] = GuestLink.objects.live()
    assert f"without signing in: {url_of(link)}" in demo
    visitor = Visitor(clock)

    visitor.open(link)

    assert visitor.page.status_code == 200
    assert link.n_studies == 1
    assert OutboxMail.objects.filter(kind="guest_link", recipient=link.recipient_email).exists()


def test_a_guest_link_that_was_ended_is_not_made_again(undone):
    [link] = GuestLink.objects.live()
    end_guest_link(link=link.uuid, by=acting(link.made_by))

    printed = load()

    assert "guest link" not in printed
    assert GuestLink.objects.count() == 1


def test_a_share_ended_by_hand_stays_ended(undone):
    ana = User.objects.get(email=ANA)
    ours = Share.objects.filter(shared_by=ana, ended_at=None)
    end_shares(shares=list(ours.values_list("uuid", flat=True)), by=acting(ana))
    before = fingerprint()

    load()

    assert fingerprint() == before


def test_a_deleted_study_and_a_renamed_worklist_do_not_come_back(undone):
    priya = User.objects.get(email=PRIYA)
    delete_study(placement=placement("xr-chest", "General X-ray").uuid, by=acting(priya), why="A test.")
    change_worklist(worklist=Worklist.objects.get(name="MRI"), name="Magnetic resonance", by=OPERATOR)
    before = fingerprint()

    load()

    assert fingerprint() == before


@pytest.mark.parametrize(("made", "file"), EVERY_FILE)
def test_pixels_and_transfer_syntax_are_the_scans_own_and_its_person_is_not(made: DemoStudy, file: DemoFile):
    was = dcmread(get_testdata_file(file.name, download=False))

    content = files.build(made, file, day=date(2026, 11, 20), institution="Northgate Hospital")

    now = dcmread(BytesIO(content))
    assert now.PixelData == was.PixelData
    assert now.file_meta.TransferSyntaxUID == was.file_meta.TransferSyntaxUID
    assert str(now.PatientName) == made.patient.name
    assert (
        now.file_meta.MediaStorageSOPInstanceUID
        == now.SOPInstanceUID
        == files.uid(made.key, file.series, file.number)
    )
    gone = [str(was.get(word) or "") for word in ("PatientName", "PatientID")]
    header = content[: content.index(now.PixelData[:64])]
    assert [word for word in gone if len(word) > 3 and word.encode() in header] == []


def test_the_same_day_makes_the_same_bytes():
    made = [
        files.build(STUDIES[0], STUDIES[0].files[0], day=date(2026, 11, 20), institution="A") for _ in "ab"
    ]
    assert made[0] == made[1]


@override_settings(CIMAR_DEVELOPMENT=False)
def test_it_refuses_where_real_people_may_be():
    with pytest.raises(CommandError, match="not a development site"):
        call_command("load_demo")


def test_home_leads_the_signed_in_to_their_studies_and_others_to_the_sign_in(demo):
    client = Client()
    assert client.get("/").headers["Location"] == reverse("account_login")
    client.force_login(User.objects.get(email=ANA))
    answer = client.get("/", follow=True)
    assert answer.redirect_chain[0] == (reverse("studies:list"), 302)
    assert answer.status_code == 200
