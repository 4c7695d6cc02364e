"""Every address and method × every person: what they get, and that a refusal leaves nothing behind but its one line.

An address without a row fails; so does a row without an address.
"""

from io import BytesIO
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver, reverse

from sharing import services
from sharing.models import Method
from sharing.targets import Target
from studies.ingest.store import put
from studies.models.view_copy import pack_key
from studies.services import present_values, values_mark
from tests.cast import acting
from tests.dicomweb import access_rows
from tests.factories import placement_of
from tests.fingerprint import AUDIT, fingerprint
from tests.matrix import (
    DENIED,
    FOUND,
    HIDDEN,
    LOGIN,
    MISSING,
    OK,
    SIGNED_IN,
    UNFIT,
    Row,
    addresses,
    answer,
    asked_by_everyone,
    got,
    left_by_refusals,
    none,
    signed_in,
    undone,
    world,
)
from tests.product import guest_rows, notice_rows

__all__ = ["answer", "signed_in", "world"]

pytestmark = pytest.mark.django_db

# Who sees CT Reporting's list, and of those who may share at all.
ON_CT = frozenset({"adam", "ana", "lois", "gus", "phil", "cody", "erin", "vera"})
SHARERS = ON_CT - {"vera"}
# Who belongs to Northgate Hospital, active or not.
NORTHGATE = ON_CT | {"ben", "ina", "nolan"}


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.CIMAR_DEVELOPMENT = False


def placement(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid]


def at_emergency(world: SimpleNamespace) -> list[Any]:
    return [world.at_emergency.uuid]


def at_ed(world: SimpleNamespace) -> list[Any]:
    return [world.at_ed.uuid]


def ct(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ct.uuid]


def own_personal(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ana.personal_worklist.uuid]


def ticked(world: SimpleNamespace) -> dict[str, Any]:
    return {"placement": [str(world.placement.uuid)]}


def a_saved_image(world: SimpleNamespace) -> dict[str, Any]:
    image = world.instance
    return {"what": "save", "series": image.series.uuid, "instance": image.uuid, "frame": 1}


def ticked_there(world: SimpleNamespace) -> dict[str, Any]:
    return {"placement": [str(world.at_emergency.uuid)]}


def to_send(world: SimpleNamespace) -> dict[str, Any]:
    return {**ticked(world), "destination": str(world.destination.uuid)}


def to_emergency(world: SimpleNamespace) -> dict[str, Any]:
    return {"worklist": str(world.cast.emergency.uuid), "why": "theirs"}


def a_location(world: SimpleNamespace) -> dict[str, Any]:
    return {**ticked(world), "location": [str(world.cast.emergency.uuid)], "note": "", "until": ""}


def one_share(world: SimpleNamespace) -> dict[str, Any]:
    return {"share": [str(world.share.uuid)]}


def a_correction(world: SimpleNamespace) -> dict[str, Any]:
    study = world.placement.study
    return {
        **present_values(study),
        "patient_sex": "O",
        "mark": values_mark(study),
        "why": "As in the record",
    }


def a_deletion(world: SimpleNamespace) -> dict[str, Any]:
    return {**ticked(world), "why": "Wrong patient"}


def invitation(world: SimpleNamespace) -> list[Any]:
    return [world.invitation.uuid]


def frame(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid, world.instance.uuid, 1]


def thumbnail(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid, world.instance.uuid]


def original(world: SimpleNamespace) -> list[Any]:
    """The bytes are there, as many as an import has noted."""
    for blob in (world.instance.blob, world.report.blob):
        put(blob.key, BytesIO(b"as received".ljust(blob.size)))
    return [world.placement.uuid, world.instance.uuid]


def pack(world: SimpleNamespace) -> list[Any]:
    """The file is there, as a worker leaves it."""
    put(pack_key(world.pack), BytesIO(b"pack"))
    return [world.placement.uuid, world.pack]


def the_full_viewer(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ct.uuid, "viewer"]


def a_report(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid, world.report.uuid]


def whole(world: SimpleNamespace) -> list[Any]:
    original(world)
    return placement(world)


def whole_ticked(world: SimpleNamespace) -> dict[str, Any]:
    return {"placement": whole(world)}


def every_series(world: SimpleNamespace) -> list[Any]:
    return list(world.placement.study.series.values_list("uuid", flat=True))


def a_file(world: SimpleNamespace) -> dict[str, Any]:
    return {"files": SimpleUploadedFile("scan.dcm", b"not a scan")}


def a_part(world: SimpleNamespace) -> dict[str, Any]:
    file = SimpleUploadedFile("scan.dcm", b"not a scan")
    return {"folder": file, "upload": world.open_upload.uuid, "mark_list": f'["{"a" * 64}"]'}


ALL = {OK: SIGNED_IN}
CT_LIST = {OK: ON_CT}

ROWS = [
    Row("home", "get", none, {FOUND: SIGNED_IN}, anonymous=LOGIN),
    Row("health", "get", none, ALL, anonymous=OK),
    Row("health_live", "get", none, ALL, anonymous=OK),
    Row("health_ready", "get", none, ALL, anonymous=OK),
    Row("metrics", "get", none, {}, anonymous=HIDDEN),
    Row("manual", "get", none, ALL, anonymous=OK),
    Row("contact", "get", none, ALL, anonymous=OK),
    Row("privacy", "get", none, ALL, anonymous=OK),
    Row("accessibility", "get", none, ALL, anonymous=OK),
    # Studies
    Row("studies:list", "get", none, {FOUND: SIGNED_IN}),
    Row("studies:worklists", "get", none, ALL),
    Row("studies:worklist", "get", ct, CT_LIST),
    Row("studies:worklist", "get", own_personal, {OK: "ana"}, note="somebody's personal one"),
    Row("studies:search", "post", ct, {FOUND: ON_CT}, data=lambda world: {"q": "Quill"}),
    Row("studies:study", "get", placement, CT_LIST),
    Row("studies:study", "get", at_emergency, {OK: "adam ben"}, note="where it was shared to"),
    Row("studies:study", "get", at_ed, {OK: "ed"}, note="by email"),
    Row("studies:viewer", "get", placement, CT_LIST),
    Row("studies:viewer", "get", at_ed, {OK: "ed"}, note="by email"),
    Row("studies:viewer_object", "get", a_report, CT_LIST),
    Row("studies:viewer_stream", "get", a_report, {MISSING: ON_CT}, note="that is no stream"),
    Row("studies:full_viewer", "get", the_full_viewer, {MISSING: ON_CT}, note="where none is installed"),
    Row("studies:full_viewer_settings", "get", lambda world: [world.cast.ct.uuid], ALL),
    Row("studies:full_viewer_file", "get", lambda world: ["main.js"], {MISSING: SIGNED_IN}),
    Row("studies:viewer_saved", "post", placement, {204: ON_CT}, data=a_saved_image),
    Row("studies:details", "get", placement, CT_LIST),
    Row("studies:preparing", "get", placement, CT_LIST),
    Row("studies:frame", "get", frame, {MISSING: ON_CT}, note="while it is being prepared"),
    Row("studies:thumbnail", "get", thumbnail, {MISSING: ON_CT}, note="while it is being prepared"),
    Row("studies:original", "get", original, {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}}),
    Row("studies:viewer_manifest", "get", placement, CT_LIST),
    Row("studies:viewer_manifest", "get", at_emergency, {OK: "adam ben"}, note="where it was shared to"),
    Row("studies:pixels", "get", pack, CT_LIST),
    Row("studies:patient", "get", placement, {OK: "adam", DENIED: ON_CT - {"adam"}}),
    Row(
        "studies:patient",
        "post",
        placement,
        {FOUND: "adam", DENIED: ON_CT - {"adam"}},
        data=lambda world: {"why": "As in the record"},
    ),
    Row("studies:correct", "get", placement, {OK: "adam", DENIED: ON_CT - {"adam"}}),
    Row("studies:correct", "get", at_emergency, {DENIED: "adam ben"}, note="not at home"),
    Row(
        "studies:correct_check", "post", placement, {OK: "adam", DENIED: ON_CT - {"adam"}}, data=a_correction
    ),
    Row(
        "studies:correct_save",
        "post",
        placement,
        {FOUND: "adam", DENIED: ON_CT - {"adam"}},
        data=a_correction,
    ),
    Row("studies:download", "get", whole, {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}}),
    Row(
        "studies:download",
        "get",
        whole,
        {OK: "adam", DENIED: ON_CT - {"adam"}},
        data=lambda world: {"form": "deidentified"},
        note="de-identified",
    ),
    Row(
        "studies:download_selected",
        "get",
        none,
        {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}},
        data=whole_ticked,
    ),
    Row("studies:send", "post", none, {OK: "adam", DENIED: ON_CT - {"adam"}}, data=ticked),
    Row("studies:send_start", "post", none, {FOUND: "adam", DENIED: ON_CT - {"adam"}}, data=to_send),
    Row("studies:sendings", "get", none, {}, rest=OK, note="one's own"),
    Row("studies:sending_cancel", "post", lambda world: [world.sending.uuid], {FOUND: "adam"}),
    Row(
        "studies:download_choose",
        "get",
        none,
        {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}},
        data=whole_ticked,
    ),
    Row(
        "studies:download_choose",
        "post",
        none,
        {FOUND: "adam ana", DENIED: ON_CT - {"adam", "ana"}},
        data=lambda world: {**whole_ticked(world), "begin": "1", "series": every_series(world)},
    ),
    *access_rows.rows(ON_CT),
    Row("studies:upload", "get", ct, {OK: "adam ana nolan", DENIED: ON_CT - {"adam", "ana"}}),
    Row("studies:upload_files", "get", ct, {FOUND: "adam ana nolan", DENIED: ON_CT - {"adam", "ana"}}),
    Row(
        "studies:upload_files",
        "post",
        ct,
        {FOUND: "adam ana nolan", DENIED: ON_CT - {"adam", "ana"}},
        data=a_file,
    ),
    Row(
        "studies:upload_begin",
        "post",
        ct,
        {OK: "adam ana nolan", DENIED: ON_CT - {"adam", "ana"}},
        data=lambda world: {"n_files": "3"},
    ),
    Row(
        "studies:upload_files",
        "post",
        ct,
        {OK: "ana", DENIED: ON_CT - {"adam", "ana"}},
        data=a_part,
        note="a part of an upload",
    ),
    Row("studies:upload_arrived", "get", lambda world: [world.open_upload.uuid], {OK: "ana"}),
    Row("studies:upload_end", "post", lambda world: [world.open_upload.uuid], {FOUND: "ana"}),
    Row(
        "studies:upload_allowed",
        "get",
        ct,
        {204: "adam ana nolan", DENIED: ON_CT - {"adam", "ana"}},
        rest=401,
        note="asked by the proxy",
    ),
    Row("studies:upload_progress", "get", lambda world: [world.upload.uuid], {OK: "ana"}),
    Row("studies:upload_files_csv", "get", lambda world: [world.upload.uuid], {OK: "ana"}),
    Row("studies:trail", "get", placement, {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}}),
    Row("studies:trail_csv", "get", placement, {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}}),
    # Sharing
    Row("sharing:share", "get", none, {OK: SHARERS, DENIED: "vera"}, data=ticked),
    Row("sharing:share", "post", none, {OK: SHARERS, DENIED: "vera"}, data=ticked),
    Row("sharing:share_open", "get", none, {OK: SHARERS, DENIED: "vera"}, data=ticked),
    Row("sharing:share_open", "post", none, {OK: SHARERS, DENIED: "vera"}, data=ticked),
    Row("sharing:share_check", "post", none, {OK: SHARERS, DENIED: "vera"}, data=ticked),
    Row("sharing:share_studies", "post", none, {OK: SHARERS, DENIED: "vera"}, data=a_location),
    Row("sharing:with_code", "get", lambda world: ["RIVERSIDE"], ALL),
    Row("sharing:with_code", "post", lambda world: ["RIVERSIDE"], {FOUND: SIGNED_IN}),
    Row("sharing:pressed", "get", lambda world: [uuid4()], {204: SIGNED_IN}),
    Row("sharing:end", "get", none, {OK: SHARERS, DENIED: "vera ben"}, data=one_share),
    Row("sharing:end", "post", none, {FOUND: SHARERS, DENIED: "vera ben"}, data=one_share),
    Row("sharing:undo", "post", lambda world: [world.press], {UNFIT: "ana"}, note="too late"),
    Row("sharing:withdraw_press", "get", lambda world: [world.press], {OK: SHARERS, DENIED: "vera ben ed"}),
    Row(
        "sharing:withdraw_press", "post", lambda world: [world.press], {FOUND: SHARERS, DENIED: "vera ben ed"}
    ),
    Row("sharing:receipt", "get", lambda world: [world.press], {OK: SHARERS}),
    Row("sharing:change", "get", lambda world: [world.share.uuid], {OK: "ana"}),
    Row(
        "sharing:change",
        "post",
        lambda world: [world.share.uuid],
        {FOUND: "ana"},
        data=lambda world: {"note": "Left"},
    ),
    Row("sharing:remove", "get", none, {OK: "adam ben"}, data=ticked_there),
    Row("sharing:remove", "post", none, {OK: "adam ben"}, data=ticked_there),
    Row("sharing:remove_studies", "post", none, {FOUND: "adam ben"}, data=ticked_there),
    Row("sharing:delete", "get", none, {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}}, data=ticked),
    Row("sharing:delete", "post", none, {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}}, data=ticked),
    Row(
        "sharing:delete_study",
        "post",
        none,
        {FOUND: "adam ana", DENIED: ON_CT - {"adam", "ana"}},
        data=a_deletion,
    ),
    Row("sharing:move", "get", placement, {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}}),
    Row(
        "sharing:move_check",
        "post",
        placement,
        {OK: "adam", UNFIT: "ana", DENIED: ON_CT - {"adam", "ana"}},
        data=to_emergency,
        note="Ana may upload to no other worklist",
    ),
    Row(
        "sharing:move_study",
        "post",
        placement,
        {FOUND: "adam", UNFIT: "ana", DENIED: ON_CT - {"adam", "ana"}},
        data=to_emergency,
    ),
    *guest_rows.rows(ON_CT),
    *notice_rows.rows(ON_CT),
    Row("sharing:access", "get", placement, CT_LIST),
    Row("sharing:access_people", "get", placement, CT_LIST),
    Row("sharing:access_explain", "get", placement, CT_LIST),
    Row("sharing:received", "get", lambda world: [world.press], {OK: "adam ben ed"}),
    Row("sharing:approvals", "get", none, ALL),
    Row("sharing:approvals", "post", none, {UNFIT: SIGNED_IN}, note="without a share"),
    Row("sharing:decided", "get", none, ALL),
    Row("sharing:acknowledge", "post", lambda world: [world.at_emergency.uuid], {FOUND: "adam ben"}),
    Row("sharing:acknowledge", "post", placement, {DENIED: ON_CT}, note="the original"),
    Row("sharing:shared_with_me", "get", none, ALL),
    Row("sharing:shared_by_me", "get", none, ALL),
    Row("sharing:shares_taken_over", "get", none, ALL),
    Row("sharing:shared_by_me_csv", "get", none, ALL),
    Row("sharing:invitations", "get", none, ALL),
    Row("sharing:resend", "post", invitation, {FOUND: "ana"}),
    Row("sharing:relink", "post", invitation, {FOUND: "ana"}),
    Row("sharing:withdraw", "get", invitation, {OK: "ana"}),
    Row("sharing:withdraw", "post", invitation, {FOUND: "ana"}),
    # Accounts
    Row("worklists:profile", "get", none, ALL),
    Row(
        "worklists:change_details",
        "post",
        none,
        {FOUND: SIGNED_IN},
        data=lambda world: {"name": "New", "timezone": "UTC"},
    ),
    Row("worklists:new_share_code", "post", none, {FOUND: SIGNED_IN}),
    Row("worklists:remove_share_code", "post", none, {FOUND: SIGNED_IN}),
    Row("sharing:memberships", "get", none, ALL),
    Row("sharing:accept_offer", "post", lambda world: [world.random], {}, note="that is no one's"),
    Row("sharing:decline_offer", "post", lambda world: [world.random], {}, note="that is no one's"),
    *(
        Row("sharing:leave_account", method, lambda world: [world.cast.northgate.uuid], gets)
        for method, gets in (
            ("get", {OK: NORTHGATE}),
            ("post", {FOUND: NORTHGATE - {"adam"}, UNFIT: "adam"}),
        )
    ),
    Row("worklists:worklist_rights", "get", ct, {OK: ON_CT}),
    Row("accounts:second_factor", "get", none, ALL),
    Row("accounts:second_factor_required", "get", none, {FOUND: SIGNED_IN}, note="by no account"),
    Row("accounts:sessions", "get", none, ALL),
    Row("accounts:end_other_sessions", "post", none, {FOUND: SIGNED_IN}),
    Row("accounts:end_session", "post", lambda world: [world.random], {}, note="that is nobody's"),
    Row("worklists:tokens", "get", none, ALL),
    # To be the person once more is asked first.
    *(
        Row(f"accounts:{page}", method, args, {FOUND: SIGNED_IN}, note="without the password again")
        for method in ("get", "post")
        for page, args in {
            "add_app": none,
            "add_key": none,
            "recovery_codes": none,
            "remove_factor": lambda world: [world.random],
        }.items()
    ),
    *(
        Row(f"worklists:{page}", method, args, {FOUND: SIGNED_IN}, note="without the password again")
        for method in ("get", "post")
        for page, args in {"new_token": none, "revoke_token": lambda world: [world.random]}.items()
    ),
    Row("sharing:open_invitation", "get", lambda world: [world.token], {FOUND: SIGNED_IN}, anonymous=FOUND),
    Row(
        "sharing:open_invitation",
        "get",
        lambda world: ["forged"],
        {HIDDEN: SIGNED_IN},
        anonymous=HIDDEN,
        note="forged",
    ),
    Row("sharing:register", "get", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"),
    Row("sharing:register", "post", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"),
    Row("sharing:register_code", "get", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"),
    Row(
        "sharing:register_code", "post", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"
    ),
    Row("sharing:resend_code", "post", none, {MISSING: SIGNED_IN}, anonymous=MISSING, note="without a link"),
    Row(
        "accounts:development_mails", "get", none, {HIDDEN: SIGNED_IN}, anonymous=HIDDEN, note="in production"
    ),
    Row(
        "accounts:development_mail", "get", lambda world: ["x.log", 1], {HIDDEN: SIGNED_IN}, anonymous=HIDDEN
    ),
    Row("gallery", "get", none, {HIDDEN: SIGNED_IN}, anonymous=HIDDEN, note="in production"),
    Row(
        "sharing:physicians",
        "get",
        none,
        {OK: "adam ana phil", DENIED: ON_CT - {"adam", "ana", "phil"}},
        data=lambda world: {"worklist": str(world.cast.ct.uuid), "find": "be"},
    ),
]

NO_PROVIDER = "7f1f4d1e-64ff-4b53-9a8a-3f3d3a3f6f11"
# allauth's pages: what a signed-in person and a visitor get.
GROUPED_ROWS = [
    ("account_login", [], FOUND, OK),
    ("account_logout", [], OK, LOGIN),
    ("account_inactive", [], OK, OK),
    ("account_signup", [], FOUND, OK),
    ("account_reauthenticate", [], OK, LOGIN),
    ("account_email", [], OK, LOGIN),
    ("mfa_authenticate", [], FOUND, LOGIN),
    ("mfa_reauthenticate", [], FOUND, LOGIN),
    ("mfa_reauthenticate_webauthn", [], FOUND, LOGIN),
    ("mfa_login_webauthn", [], FOUND, OK),
    ("provider_leave", [], 405, 405),
    ("provider_back", [], HIDDEN, HIDDEN),
    ("provider_find", [], FOUND, OK),
    ("provider_own", [NO_PROVIDER], HIDDEN, HIDDEN),
    ("provider_own_back", [NO_PROVIDER], HIDDEN, HIDDEN),
    ("account_email_verification_sent", [], FOUND, LOGIN),
    ("account_change_password", [], OK, LOGIN),
    ("account_set_password", [], FOUND, LOGIN),
    ("account_reset_password", [], OK, OK),
    ("account_confirm_login_code", [], FOUND, LOGIN),
    ("account_reset_password_from_key_done", [], OK, OK),
    ("account_reset_password_from_key", ["1", "forged"], OK, OK),
    ("account_reset_password_done", [], OK, OK),
]

# The administration has a matrix of its own (test_admin_matrix.py); allauth's pages stand in GROUPED_ROWS.
GROUPED = ("admin:", "account_", "mfa_", "provider_")
# Nothing to reach by name: redirects in front of the admin's own doors.
UNNAMED = ("None",)
# An address that also answers another method with a page or a redirect, and changes nothing.
HARMLESS = {
    "studies:search": {FOUND},
    # Nothing is there for who has no token, whatever is asked.
    "metrics": {HIDDEN},
    "dicomweb:nothing": {HIDDEN},
    "accounts:development_mails": {HIDDEN},
    "accounts:development_mail": {HIDDEN},
}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_person_gets_what_the_matrix_says(world, row):
    answers = asked_by_everyone(world, row)

    assert answers.found == row.expected()
    assert answers.left == left_by_refusals(row)


def test_every_address_has_a_row_and_every_row_an_address():
    named = {name for name in addresses(get_resolver().url_patterns) if not name.startswith(GROUPED)}

    assert named - {row.name for row in ROWS} - set(UNNAMED) == set()
    assert {row.name for row in ROWS} - named == set()


@pytest.mark.parametrize("name", sorted({row.name for row in ROWS}))
def test_a_method_without_a_row_does_nothing(world, name):
    first = next(row for row in ROWS if row.name == name)
    others = {"get", "post", "put", "patch", "delete"} - {row.method for row in ROWS if row.name == name}
    client = signed_in(world, "adam")
    before = fingerprint(but={AUDIT, "studies_lastvisit", "studies_imagesserved"})

    answers = {method: got(answer(client, Row(name, method, first.args, {}), world)) for method in others}

    assert set(answers.values()) <= {405, *HARMLESS.get(name, ())}
    assert fingerprint(but={AUDIT, "studies_lastvisit", "studies_imagesserved"}) == before


@pytest.mark.parametrize(
    "name, args",
    [
        (row.name, row.args)
        for row in ROWS
        if row.args in (placement, ct, invitation, guest_rows.guest_link, frame, thumbnail, original, pack)
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_anothers_and_what_does_not_exist_are_answered_alike(world, name, args):
    client = signed_in(world, "caro")
    row = next(row for row in ROWS if row.name == name)
    theirs = args(world)
    nobodys = [uuid4() if value in (theirs[0],) else value for value in theirs]

    one = getattr(client, row.method)(reverse(name, args=theirs))
    other = getattr(client, row.method)(reverse(name, args=nobodys))

    # 404; the proxy, which asks who may send files, understands no 404 and is answered 401.
    assert (one.status_code, one.content) == (row.rest, other.content)
    assert other.status_code == row.rest
    # Every answer names its request; in all else they are the same.
    assert one.headers.pop("X-Request-ID") != other.headers.pop("X-Request-ID")
    assert dict(one.items()) == dict(other.items())


def test_by_no_address_does_a_recipient_with_every_right_touch_the_original(world):
    cast = world.cast
    report = services.share_studies(
        placements=[world.placement.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ana)
    )
    here = placement_of(cast.study, cast.imaging)
    client = signed_in(world, "rita")
    before = study_row(cast.study)
    for row in ROWS:
        for uuid in (here.uuid, world.placement.uuid):
            for share in (report.rows[0].share.uuid, world.share.uuid):
                with undone():
                    args = [uuid if value == world.placement.uuid else value for value in row.args(world)]
                    data = {"placement": [str(uuid)], "share": [str(share)], "why": "Not ours"}
                    client.post(reverse(row.name, args=args), data)
                    assert study_row(cast.study) == before, row
                    assert placement_of(cast.study, cast.ct).uuid == world.placement.uuid, row


def study_row(study: Any) -> dict[str, Any]:
    return type(study).objects.filter(pk=study.pk).values().get()


@pytest.mark.parametrize("name, args, member, visitor", GROUPED_ROWS, ids=[row[0] for row in GROUPED_ROWS])
def test_sign_in_pages_change_nothing_by_being_looked_at(cast, name, args, member, visitor):
    signed_in, anonymous = Client(), Client()
    signed_in.force_login(cast.ana)
    before = fingerprint()

    assert (got(signed_in.get(reverse(name, args=args))), got(anonymous.get(reverse(name, args=args)))) == (
        member,
        visitor,
    )
    assert fingerprint() == before


def test_every_sign_in_page_has_a_row():
    every = addresses(get_resolver().url_patterns)
    named = {name for name in every if name.startswith(GROUPED) and not name.startswith("admin:")}

    assert named == {name for name, *_ in GROUPED_ROWS}
