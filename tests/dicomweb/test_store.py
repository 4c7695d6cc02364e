"""STOW-RS: what is stored comes out as it went in, each instance has its outcome, and nothing is half done."""

from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client, override_settings

from audit.actions import Action
from audit.models import AuditEvent
from studies.dicomweb.store_answers import FAILED, OTHER_FAILED, REASON, SOP_INSTANCE, STORED
from studies.models import Blob, Instance, Study
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast
from tests.dicomweb.asking import body_of, client_of, root_of
from tests.dicomweb.storing import MULTIPART, bearer, listed, message, post, sender_of, store
from tests.studies.test_token_doors import make

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dicom_storage")]

STUDY = "2.25.77"
RETRIEVE_URL, CLASS, COMMENT = "00081190", "00081150", "00000902"


def file(number: int = 1, **values: Any) -> bytes:
    given = {"StudyInstanceUID": STUDY, "SeriesInstanceUID": "2.25.78", "SOPInstanceUID": f"2.25.80{number}"}
    return sound(**{**given, **values})


def stopped(whole: bytes, cut: int) -> dict[str, Any]:
    """Of the announced body the last bytes never arrive."""
    return {"wsgi.input": BytesIO(whole[:-cut]), "CONTENT_LENGTH": str(len(whole))}


def of(cast: Cast) -> Client:
    return client_of(cast.ana)


def test_what_is_stored_is_named_and_comes_out_as_it_went_in(cast: Cast) -> None:
    ana = of(cast)
    files = [file(1), file(2)]

    answer = store(ana, cast.ct, *files)

    root = f"http://testserver{root_of(cast.ct)}"
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/dicom+json")
    assert answer.json()[RETRIEVE_URL] == {"vr": "UR", "Value": [f"{root}/studies/{STUDY}"]}
    assert listed(answer, FAILED) == listed(answer, OTHER_FAILED) == []
    stored = listed(answer, STORED)
    assert [each[SOP_INSTANCE] for each in stored] == ["2.25.801", "2.25.802"]
    assert {each[CLASS] for each in stored} == {"1.2.840.10008.5.1.4.1.1.7"}
    for each, data in zip(stored, files, strict=True):
        assert body_of(ana.get(each[RETRIEVE_URL], headers={"Accept": "application/dicom"})) == data


def test_a_single_file_needs_no_parts(cast: Cast) -> None:
    answer = post(of(cast), cast.ct, file(), "application/dicom")

    assert answer.status_code == 200
    assert [each[SOP_INSTANCE] for each in listed(answer, STORED)] == ["2.25.801"]


def test_the_same_again_is_stored_again_and_is_there_once(cast: Cast) -> None:
    answers = [store(of(cast), cast.ct, file(), file()) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    assert [len(listed(each, STORED)) for each in answers] == [2, 2]
    assert Instance.objects.filter(sop_instance_uid="2.25.801").count() == 1
    arrivals = AuditEvent.objects.filter(action__in=(Action.STUDY_ARRIVE, Action.STUDY_ADD_IMAGES))
    assert arrivals.filter(study_uid=STUDY).count() == 1


FAILURES = [
    # what is sent, the code, whether the answer can say which instance it is
    (b"no DICOM at all", 0xC000, ""),
    (file()[:-20], 0xC000, "2.25.801"),
    (file()[:160], 0xC000, ""),
    (file(PixelData=b"\0\0"), 0xA900, "2.25.801"),
    (file(PixelData=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.2"), 0xA900, "2.25.801"),
    (file(SOPClassUID="1.2.840.10008.1.3.10"), 0x0122, "2.25.801"),
    (b"", 0xC000, ""),
    (b"PK\3\4" + bytes(40), 0xC000, ""),
]


@pytest.mark.parametrize(("data", "code", "uid"), FAILURES)
def test_what_fails_is_named_with_its_reason_and_the_rest_goes_on(
    cast: Cast, data: bytes, code: int, uid: str
) -> None:
    answer = store(of(cast), cast.ct, data, file(9))

    assert answer.status_code == 202
    assert [each[SOP_INSTANCE] for each in listed(answer, STORED)] == ["2.25.809"]
    [failed] = listed(answer, FAILED) + listed(answer, OTHER_FAILED)
    assert (failed[REASON], failed.get(SOP_INSTANCE, "")) == (code, uid)
    assert 0 < len(failed[COMMENT]) <= 64
    [event] = AuditEvent.objects.filter(action=Action.UPLOAD_REFUSED)
    assert (event.outcome, event.detail["files"], event.by_id) == ("refused", 1, cast.ana.pk)


def test_where_nothing_is_stored_the_answer_is_a_conflict(cast: Cast) -> None:
    before = Blob.objects.count()

    answer = store(of(cast), cast.ct, b"no DICOM", file()[:-20])

    assert answer.status_code == 409
    assert (len(listed(answer, FAILED)), len(listed(answer, OTHER_FAILED))) == (1, 1)
    assert RETRIEVE_URL not in answer.json()
    assert Blob.objects.count() == before


@pytest.mark.parametrize(
    ("other", "comment"),
    [
        ({"PatientID": "MRN000118"}, "Patient ID"),
        ({"PatientName": "Other^Person", "PatientBirthDate": "19500101", "PatientID": None}, "patient"),
        ({"SOPInstanceUID": "2.25.801", "SeriesDescription": "Another"}, "Other bytes"),
    ],
)
def test_another_patient_and_other_bytes_are_refused_by_name(
    cast: Cast, other: dict[str, Any], comment: str
) -> None:
    store(of(cast), cast.ct, file(PatientBirthDate="19700101"))

    answer = store(of(cast), cast.ct, file(2, **other))

    assert answer.status_code == 409
    [failed] = listed(answer, FAILED)
    assert failed[REASON] == 0x0110
    assert comment in failed[COMMENT]
    assert Instance.objects.filter(study__study_instance_uid=STUDY).count() == 1


def test_only_the_study_of_the_url_is_stored_there(cast: Cast) -> None:
    answer = store(of(cast), cast.ct, file(), file(2, StudyInstanceUID="2.25.99"), study=STUDY)

    assert answer.status_code == 202
    assert [each[SOP_INSTANCE] for each in listed(answer, STORED)] == ["2.25.801"]
    [failed] = listed(answer, FAILED)
    assert (failed[SOP_INSTANCE], failed[REASON]) == ("2.25.802", 0x0110)
    assert not Study.objects.filter(study_instance_uid="2.25.99").exists()


@pytest.mark.parametrize("accept", ["application/dicom+xml", "text/xml, application/dicom+json;q=0.1"])
def test_the_answer_is_xml_for_those_who_ask_for_it(cast: Cast, accept: str) -> None:
    answer = store(of(cast), cast.ct, file(), b"no DICOM", headers={"Accept": accept})

    assert answer["Content-Type"] == accept.partition(",")[0]
    root = ElementTree.fromstring(answer.content)
    space = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
    uid = root.find(f".//{space}DicomAttribute[@keyword='ReferencedSOPInstanceUID']/{space}Value")
    reason = root.find(f".//{space}DicomAttribute[@tag='00081197']/{space}Value")
    assert uid is not None
    assert reason is not None
    assert (uid.text, reason.text) == ("2.25.801", str(0xC000))


def test_an_answer_that_cannot_be_had_is_refused_before_anything_is_stored(cast: Cast) -> None:
    answer = store(of(cast), cast.ct, file(), headers={"Accept": "image/png"})

    assert answer.status_code == 406
    assert not Study.objects.filter(study_instance_uid=STUDY).exists()


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("application/zip", 415),
        ("multipart/form-data; boundary=a-line-of-no-file", 415),
        ("multipart/mixed; boundary=a-line-of-no-file", 415),
        ('multipart/related; type="application/dicom+json"; boundary=a-line-of-no-file', 415),
        ('multipart/related; type="application/dicom+xml"; boundary=a-line-of-no-file', 415),
        ('multipart/related; type="application/dicom"', 400),
        ('multipart/related; type="application/dicom"; boundary=""', 400),
        ('multipart/related; type="application/dicom"; boundary=another', 400),
        ("", 415),
    ],
)
def test_other_kinds_of_bodies_are_refused_whole(cast: Cast, content_type: str, status: int) -> None:
    answer = post(of(cast), cast.ct, message([file()]), content_type)

    assert answer.status_code == status
    assert not Study.objects.filter(study_instance_uid=STUDY).exists()


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: application/dicom+json\r\n\r\n",
        b"Content-Type: application/octet-stream\r\n\r\n",
        b"Content-Type: application/dicom\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        b"Content-Type: application/dicom\r\nContent-Encoding: gzip\r\n\r\n",
    ],
)
def test_a_part_of_another_kind_refuses_the_whole(cast: Cast, head: bytes) -> None:
    mark = b"--a-line-of-no-file\r\n"
    body = mark + b"\r\n" + file(2) + b"\r\n" + message([file()], head=head)

    assert post(of(cast), cast.ct, body).status_code == 415
    assert not Study.objects.filter(study_instance_uid=STUDY).exists()


def test_a_packed_request_is_refused(cast: Cast) -> None:
    assert store(of(cast), cast.ct, file(), headers={"Content-Encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize("cut", [1, 4, 10, 40, 900])
def test_a_body_that_stops_in_the_middle_leaves_nothing(cast: Cast, cut: int) -> None:
    whole = message([file(), file(2)])
    before = AuditEvent.objects.count()

    answer = post(of(cast), cast.ct, whole, **stopped(whole, cut + 4))

    assert answer.status_code == 400
    assert not Study.objects.filter(study_instance_uid=STUDY).exists()
    assert AuditEvent.objects.count() == before


def test_a_single_file_that_stops_in_the_middle_leaves_nothing(cast: Cast) -> None:
    data = file()

    answer = post(of(cast), cast.ct, data, "application/dicom", **stopped(data, 1))

    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"\r\n", b"--a-line-of-no-file--\r\n", b"nothing of it", message([b""])])
def test_a_request_without_instances_is_refused(cast: Cast, body: bytes) -> None:
    assert post(of(cast), cast.ct, body).status_code == 400


@pytest.mark.parametrize(("limit", "status"), [({"upload_files": 2}, 413), ({"upload_bytes": 2000}, 413)])
def test_more_than_the_limits_is_refused_whole(cast: Cast, limit: dict[str, int], status: int) -> None:
    with override_settings(CIMAR_INGEST_LIMITS=limit):
        answer = store(of(cast), cast.ct, file(), file(2), file(3))

    assert answer.status_code == status
    assert not Study.objects.filter(study_instance_uid=STUDY).exists()


def test_a_file_beyond_the_limit_is_refused_by_name(cast: Cast) -> None:
    with override_settings(CIMAR_INGEST_LIMITS={"file_bytes": 1500}):
        answer = store(of(cast), cast.ct, file(), file(2, EncapsulatedDocument=bytes(2000)))

    assert answer.status_code == 202
    assert [each[SOP_INSTANCE] for each in listed(answer, FAILED)] == ["2.25.802"]


def test_a_full_disk_is_for_later(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    full = type("Usage", (), {"free": 0})
    monkeypatch.setattr("studies.dicomweb.bodies.shutil.disk_usage", lambda folder: full)
    monkeypatch.setattr("studies.dicomweb.bodies.IN_MEMORY", 100)

    answer = store(of(cast), cast.ct, file())

    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert not Study.objects.filter(study_instance_uid=STUDY).exists()


def test_a_token_and_a_sender_store_under_their_own_names(cast: Cast) -> None:
    token = make(cast.ana, cast.ct, may_store=True).secret

    by_token = store(Client(), cast.ct, file(), headers=bearer(token))
    by_sender = store(Client(), cast.ct, file(2), headers=bearer(sender_of(cast)))

    assert (by_token.status_code, by_sender.status_code) == (200, 200)
    first = AuditEvent.objects.get(action=Action.STUDY_ARRIVE, study_uid=STUDY)
    assert (first.by_id, first.detail["token_name"], first.ip_address) == (cast.ana.pk, "Script", "127.0.0.1")
    assert first.role_label == "Radiologist"
    then = AuditEvent.objects.get(action=Action.STUDY_ADD_IMAGES, study_uid=STUDY)
    assert (then.by_id, then.by_label, then.role_label) == (None, "Sender PACS", "Sender")
    begun = AuditEvent.objects.filter(action=Action.STUDY_UPLOAD).order_by("pk")
    assert [each.detail["files"] for each in begun] == [1, 1]


def test_a_sender_stores_into_its_worklist_alone(cast: Cast) -> None:
    secret = sender_of(cast)

    assert store(Client(), cast.imaging, file(), headers=bearer(secret)).status_code == 404
    assert Client().get(f"{root_of(cast.ct)}/studies", headers=bearer(secret)).status_code == 404


def test_a_personal_worklist_receives_nothing(cast: Cast) -> None:
    answer = store(of(cast), cast.ana.personal_worklist, file())

    assert (answer.status_code, b"personal worklist" in answer.content) == (403, True)


def test_a_session_needs_the_token_of_its_pages_and_a_program_does_not(cast: Cast) -> None:
    ana = client_of(cast.ana, enforce_csrf_checks=True)
    program = Client(enforce_csrf_checks=True)
    secret = make(cast.ana, cast.ct, may_store=True).secret

    without = store(ana, cast.ct, file())
    ana.get("/profile/")
    given = store(ana, cast.ct, file(), headers={"X-CSRFToken": ana.cookies["csrftoken"].value})
    by_program = store(program, cast.ct, file(), headers=bearer(secret))
    # A token counts, not the session beside it.
    beside = store(ana, cast.ct, file(), headers=bearer(secret))

    assert [each.status_code for each in (without, given, by_program, beside)] == [403, 200, 200, 200]
    assert AuditEvent.objects.filter(action=Action.DENIED).count() == 1


def test_a_form_is_not_read_for_the_token_of_a_page(cast: Cast) -> None:
    ana = client_of(cast.ana, enforce_csrf_checks=True)
    ana.get("/profile/")
    token = ana.cookies["csrftoken"].value
    url, form = f"{root_of(cast.ct)}/studies", {"csrfmiddlewaretoken": token}

    in_the_form = ana.post(url, form)
    in_the_header = ana.post(url, form, headers={"X-CSRFToken": token})

    assert (in_the_form.status_code, in_the_header.status_code) == (403, 415)


def test_urls_have_the_port_that_a_client_leaves_out(cast: Cast) -> None:
    asked: dict[str, Any] = {"HTTP_HOST": "localhost", "SERVER_PORT": "8042"}

    answer = store(of(cast), cast.ct, file(), **asked)

    assert answer.json()[RETRIEVE_URL]["Value"][0].startswith("http://localhost:8042/dicomweb/")


def test_other_methods_are_answered_with_those_there_are(cast: Cast) -> None:
    for url in (f"{root_of(cast.ct)}/studies", f"{root_of(cast.ct)}/studies/{STUDY}"):
        answer = of(cast).put(url, b"x", "application/dicom")

        assert (answer.status_code, answer["Allow"]) == (405, "GET, POST, HEAD")


def test_a_chunked_body_is_read_where_the_server_ends_it(cast: Cast) -> None:
    body = message([file()])
    url = f"{root_of(cast.ct)}/studies"
    more: dict[str, Any] = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
    more |= {"CONTENT_LENGTH": "", "CONTENT_TYPE": MULTIPART}

    answer = of(cast).generic("POST", url, b"", MULTIPART, **more)

    assert answer.status_code == 200
