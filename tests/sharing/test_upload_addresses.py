"""Studies sent to an upload address: they arrive in the inbox, and are shared from there as the worklist asks."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import LifePolicy, User
from accounts.services import limits
from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import NothingThere, Refused
from sharing.models import Method, Share, ShareRule
from sharing.selectors.shared_by_me import shares_made_by
from sharing.services import decide_share, hand_on_sent, share_studies
from sharing.targets import Target
from studies import services
from studies.models import Placement, Study, Upload, UploadedFile
from studies.selectors import placements_visible_to
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.factories import make_uid
from worklists.models import Worklist
from worklists.services import change_worklist, set_inbox

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dicom_storage")]

CODE = "NORTHGATE"
OTHER_SENDER = "The organisation has received this study from someone else."


@pytest.fixture
def address(cast: Cast) -> Worklist:
    """Emergency takes studies at its upload address; they arrive in Chest Clinic."""
    return set_inbox(worklist=cast.emergency, inbox=cast.chest, by=acting(cast.adam))


def upload(cast: Cast, by: User, *contents: bytes, code: str = CODE) -> Upload:
    """Sent and taken in, and not handed on yet."""
    files = [SimpleUploadedFile(f"{number}.dcm", content) for number, content in enumerate(contents)]
    sent = services.receive_upload(worklist=cast.emergency, by=acting(by), files=files, code=code)
    services.ingest_waiting()
    return sent


def sent(cast: Cast, by: User, *contents: bytes) -> Upload:
    made = upload(cast, by, *contents)
    hand_on_sent()
    made.refresh_from_db()
    return made


def arrived(cast: Cast) -> Study:
    return Study.objects.get(home=cast.chest)


def test_what_a_stranger_sends_belongs_to_the_inbox_and_stands_on_the_worklist(cast, address):
    made = sent(
        cast,
        cast.ed,
        sound(),
    )

    study = arrived(cast)
    [share] = Share.objects.filter(study=study)
    assert (study.sent_by, share.from_worklist, share.to_worklist) == (cast.ed, cast.chest, cast.emergency)
    assert (share.method, share.code, share.shared_by, share.press) == (Method.CODE, CODE, cast.ed, made.uuid)
    assert placements_visible_to(acting(cast.ben)).filter(study=study).exists()


def test_the_sender_sees_no_study_and_no_worklist_but_what_became_of_the_share(cast, address):
    sent(cast, cast.ed, sound())

    [shared] = shares_made_by(acting(cast.ed)).lines
    assert (shared.state, shared.study, shared.delivery) == ("Shared", None, None)
    assert not placements_visible_to(acting(cast.ed)).filter(study__home=cast.chest).exists()
    assert not cast.ed.has_perm("worklists.list_studies", cast.emergency)


def test_a_worklist_that_asks_for_approval_is_asked(cast, address):
    change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))

    sent(cast, cast.ed, sound())
    [share] = Share.objects.filter(study=arrived(cast))
    before = placements_visible_to(acting(cast.ben)).filter(study=share.study).exists()
    decide_share(share=share.uuid, by=acting(cast.adam), approve=True)

    assert (share.approved_at, before) == (None, False)
    assert placements_visible_to(acting(cast.ben)).filter(study=share.study).exists()


def test_a_share_that_was_declined_is_asked_for_again_by_sending_again(cast, address):
    change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))
    content = sound()
    sent(cast, cast.ed, content)
    decide_share(share=Share.objects.get(shared_by=cast.ed).uuid, by=acting(cast.adam), approve=False)

    sent(cast, cast.ed, content)

    ends = Share.objects.filter(shared_by=cast.ed).order_by("pk").values_list("end_reason", flat=True)
    assert list(ends) == ["declined", ""]


def test_handing_on_twice_shares_once(cast, address):
    sent(cast, cast.ed, sound())
    Upload.objects.update(handed_on_at=None)

    assert hand_on_sent() == 1
    assert Share.objects.filter(shared_by=cast.ed).count() == 1


def test_the_longest_life_of_a_share_by_code_counts_here_too(cast, address):
    LifePolicy.objects.create(account=cast.northgate, method="code", preset_days=5, longest_days=10)

    sent(cast, cast.ed, sound())

    share = Share.objects.get(shared_by=cast.ed)
    assert share.expires_at is not None
    assert (share.expires_at - share.shared_at).days in (5, 6)


@pytest.mark.parametrize("change", ["rule", "closed", "off", "inactive"])
def test_what_may_no_longer_be_handed_on_stays_in_the_inbox_and_the_sender_is_told(cast, address, change):
    made = upload(cast, cast.ed, sound())
    changes = {
        "rule": lambda: ShareRule.objects.create(
            account=cast.northgate, position=1, allows=False, method="code", to="anyone", reason="Not here"
        ),
        "closed": lambda: Worklist.objects.filter(pk=cast.emergency.pk).update(takes_shares=False),
        "off": lambda: set_inbox(worklist=cast.emergency, inbox=None, by=acting(cast.adam)),
        "inactive": lambda: User.objects.filter(pk=cast.ed.pk).update(is_active=False),
    }
    changes[change]()

    assert hand_on_sent() == 1

    made.refresh_from_db()
    assert made.not_handed_on
    assert Placement.objects.filter(study=arrived(cast)).count() == 1
    refused = AuditEvent.objects.filter(action=Action.REFUSED, worklist_id=cast.chest.pk).get()
    assert refused.detail["why"] == made.not_handed_on
    assert hand_on_sent() == 0


def test_nobody_adds_to_a_study_that_someone_else_sent_not_even_the_same_file(cast, address):
    uid, first = make_uid(), sound()
    first, second = (sound(StudyInstanceUID=uid, PatientID="1") for _ in range(2))
    sent(cast, cast.ed, first)

    made = sent(cast, cast.caro, first, second)

    assert arrived(cast).n_instances == 1
    assert set(UploadedFile.objects.filter(upload=made).values_list("refused_because", flat=True)) == {
        f"{OTHER_SENDER} Ask it whether it needs these files."
    }
    assert not Share.objects.filter(shared_by=cast.caro).exists()


def test_nobody_adds_to_a_study_of_the_account_from_outside(cast, address):
    uid = make_uid()
    own, other = (sound(StudyInstanceUID=uid, PatientID="1") for _ in range(2))
    files = [SimpleUploadedFile("own.dcm", own)]
    services.receive_upload(worklist=cast.chest, by=acting(cast.adam), files=files)
    services.ingest_waiting()

    sent(cast, cast.ed, other)

    assert (arrived(cast).n_instances, arrived(cast).sent_by) == (1, None)


def test_the_sender_and_the_account_add_to_what_was_sent(cast, address):
    uid = make_uid()
    parts = [sound(StudyInstanceUID=uid, PatientID="1") for _ in range(3)]
    sent(cast, cast.ed, parts[0])
    sent(cast, cast.ed, parts[1])
    files = [SimpleUploadedFile("own.dcm", parts[2])]
    services.receive_upload(worklist=cast.chest, by=acting(cast.adam), files=files)
    services.ingest_waiting()

    assert arrived(cast).n_instances == 3
    assert Share.objects.filter(study=arrived(cast)).count() == 1


def test_a_member_who_may_upload_does_not_go_through_the_inbox(cast, address):
    sent(cast, cast.ben, sound())

    assert Study.objects.get(home=cast.emergency).sent_by is None


@pytest.mark.parametrize("code", ["", "RIVERSIDE", "northgate"])
def test_without_the_present_code_nothing_is_sent(cast, address, code):
    with pytest.raises(Refused):
        upload(cast, cast.ed, sound(), code=code)

    assert not Upload.objects.exists()


def test_a_worklist_without_an_inbox_takes_nothing_from_outside(cast):
    with pytest.raises(Refused):
        upload(cast, cast.ed, sound())


def test_an_upload_that_began_is_refused_once_the_address_is_off(cast, address):
    begun = services.begin_upload(worklist=cast.emergency, by=acting(cast.ed), n_files=1, code=CODE)
    set_inbox(worklist=cast.emergency, inbox=None, by=acting(cast.adam))

    with pytest.raises(Refused):
        services.receive_part(
            upload=begun.uuid,
            by=acting(cast.ed),
            files=[SimpleUploadedFile("a.dcm", sound())],
            marks=["a" * 64],
        )

    assert not UploadedFile.objects.exists()


def test_what_a_person_sends_in_a_day_has_a_limit(cast, address):
    limits.count_sent(by=acting(cast.ed), size=limits.MOST_SENT_GB * 10**9)

    with pytest.raises(ValidationError, match="50 GB in the last day"):
        upload(cast, cast.ed, sound())

    assert not Upload.objects.exists()


def test_looking_an_address_up_counts_as_looking_a_code_up(cast, address):
    for _ in range(limits.CODES.person):
        with pytest.raises(ValidationError, match="No worklist takes studies"):
            services.open_upload_address(code="NOSUCHCODE", by=acting(cast.ed))

    with pytest.raises(ValidationError, match="Too many look-ups"):
        services.open_upload_address(code=CODE, by=acting(cast.ed))

    looked_up = AuditEvent.objects.filter(action=Action.CODE_LOOK_UP, outcome="failed")
    assert looked_up.count() == limits.CODES.person


@pytest.mark.parametrize("code", ["NOSUCHCODE", "NGCT2026", "RIVERSIDE"])
def test_codes_without_an_address_are_answered_as_codes_of_no_one(cast, address, code):
    with pytest.raises(ValidationError, match="No worklist takes studies at this upload address"):
        services.open_upload_address(code=code, by=acting(cast.ed))


def test_through_the_pages(cast, address):
    client = Client()
    client.force_login(cast.ed)
    form = reverse("studies:upload", args=[cast.emergency.uuid])
    files = reverse("studies:upload_files", args=[cast.emergency.uuid])
    to = reverse("studies:upload_address", args=["north gate"])

    before = client.get(form).status_code
    asked = client.get(to)
    opened = client.post(to)
    page = client.get(form).content.decode()
    pressed = client.post(files, {"files": SimpleUploadedFile("a.dcm", sound())})
    services.ingest_waiting()
    hand_on_sent()
    result = client.get(pressed.url).content.decode()

    assert (before, asked.status_code, opened.url) == (404, 200, form)
    assert "You send these studies to another organisation" in page
    assert "Chest Clinic" not in page + result
    assert "The studies have reached Northgate Hospital and are shared with Emergency." in result


def test_another_code_closes_the_address_for_who_opened_it_before(cast, address):
    client = Client()
    client.force_login(cast.ed)
    client.post(reverse("studies:upload_address", args=[CODE]))
    change_worklist(worklist=cast.emergency, share_code="ANOTHER1", by=acting(cast.adam))

    answers = [
        client.get(reverse("studies:upload", args=[cast.emergency.uuid])),
        client.get(reverse("studies:upload_allowed", args=[cast.emergency.uuid])),
        client.post(reverse("studies:upload_begin", args=[cast.emergency.uuid]), {"n_files": 1}),
    ]

    assert [answer.status_code for answer in answers] == [404, 401, 404]


def test_only_the_accounts_administrators_set_it_and_to_a_worklist_of_theirs(cast):
    with pytest.raises(PermissionDenied):
        set_inbox(worklist=cast.emergency, inbox=cast.chest, by=acting(cast.ben))
    with pytest.raises(PermissionDenied):
        set_inbox(worklist=cast.emergency, inbox=cast.chest, by=acting(cast.rita))
    for inbox in (cast.imaging, cast.emergency, cast.ed.personal_worklist):
        with pytest.raises(ValidationError):
            set_inbox(worklist=cast.emergency, inbox=inbox, by=acting(cast.adam))
    with pytest.raises(ValidationError, match="needs a share code"):
        set_inbox(worklist=cast.cardiology, inbox=cast.chest, by=acting(cast.adam))

    assert not Worklist.objects.exclude(inbox=None).exists()


def test_the_code_of_an_address_changes_and_is_not_removed(cast):
    set_inbox(worklist=cast.ct, inbox=cast.chest, by=acting(cast.adam))

    with pytest.raises(ValidationError, match="Turn the upload address off first"):
        change_worklist(worklist=cast.ct, share_code=None, by=acting(cast.adam))
    change_worklist(worklist=cast.ct, share_code="ANOTHER1", by=acting(cast.adam))

    cast.ct.refresh_from_db()
    assert (cast.ct.share_code, cast.ct.inbox) == ("ANOTHER1", cast.chest)


@pytest.mark.parametrize(
    "values", [{"inbox": "imaging"}, {"inbox": "ct"}, {"inbox": "chest", "share_code": None}]
)
def test_the_database_keeps_an_inbox_to_another_worklist_of_the_account_with_a_code(cast, values):
    values = {**values, "inbox": getattr(cast, values["inbox"])}

    with pytest.raises(IntegrityError), transaction.atomic():
        Worklist.objects.filter(pk=cast.ct.pk).update(**values)
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_each_change_of_an_address_is_an_event(cast, address):
    set_inbox(worklist=cast.emergency, inbox=cast.chest, by=acting(cast.adam))
    set_inbox(worklist=cast.emergency, inbox=None, by=acting(cast.adam))

    events = AuditEvent.objects.filter(action=Action.WORKLIST_CHANGE).order_by("pk")
    names = [(event.detail["was_inbox"], event.detail["inbox"]) for event in events]
    assert names == [("", "Chest Clinic"), ("Chest Clinic", "")]


def test_the_sender_may_not_share_what_was_sent_from_where_it_arrived(cast, address):
    sent(cast, cast.ed, sound())
    at_inbox = Placement.objects.get(study=arrived(cast), worklist=cast.chest)

    with pytest.raises(NothingThere):
        share_studies(
            placements=[at_inbox.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ed)
        )
