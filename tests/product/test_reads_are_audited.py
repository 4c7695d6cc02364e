"""No read without an event: whatever answer names a patient or a colleague, its request wrote an event of the reader.

Every row of the access matrices is asked by each of the people who may, as a page and as htmx asks; beside them stand
the parts and questions that a matrix does not have. A URL without a row fails in the matrices' own tests.
"""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import end_shares, share_studies
from sharing.targets import Target
from studies.models import Upload, UploadedStudy
from tests.administration.test_matrix import ROWS as ADMINISTRATION
from tests.administration.test_people_matrix import ROWS as PEOPLE_OF_ACCOUNTS
from tests.administration.test_people_matrix import invited
from tests.cast import PATIENTS, PEOPLE, acting
from tests.factories import make_study, placement_of
from tests.matrix import OK, UNFIT, Row, none, signed_in, undone, world
from tests.product.matrix_values import ct, placement, ticked
from tests.product.test_access_matrix import ROWS as PAGES

__all__ = ["invited", "world"]

pytestmark = pytest.mark.django_db

GONE = 410
HTMX = {"HX-Request": "true"}
# No given name is then a part of another word of a page. What a person is shown of themselves needs no event.
SURNAME = "Quibble{}"


def searched(world: SimpleNamespace) -> dict[str, Any]:
    return {"worklist": str(world.cast.ct.uuid), "find": "Quibble"}


def in_dialog(**more: Any) -> Any:
    return lambda world: {**ticked(world), **{name: what(world) for name, what in more.items()}}


def ben(world: SimpleNamespace) -> str:
    return str(world.cast.ben.uuid)


# Parts, questions and refused forms, which the matrices do not ask for.
MORE = [
    Row("sharing:access", "get", placement, {OK: "ana"}, data=lambda w: {"names": str(w.cast.ct.uuid)}),
    Row("sharing:access", "get", placement, {OK: "ana"}, data=lambda w: {"names": "everyone"}),
    Row("sharing:access_explain", "get", placement, {OK: "ana"}, data=lambda w: {"person": w.cast.vera.uuid}),
    Row("sharing:access_explain", "get", placement, {OK: "ana"}, data=lambda w: {"find": "Quibble"}),
    Row("sharing:physicians", "get", none, {OK: "ana"}, data=searched),
    Row("sharing:share_check", "post", none, {OK: "ana"}, data=in_dialog(find=lambda w: "Quibble")),
    Row("sharing:share_check", "post", none, {OK: "ana"}, data=in_dialog(physician=ben)),
    Row("sharing:share_check", "post", none, {OK: "ana"}, data=in_dialog(email=lambda w: w.cast.ben.email)),
    Row("sharing:share_studies", "post", none, {UNFIT: "ana"}, data=in_dialog(find=lambda w: "Quibble")),
    Row("sharing:share_studies", "post", none, {UNFIT: "ana"}, data=ticked),
    Row("sharing:share_studies", "post", none, {OK: "ana"}, data=in_dialog(physician=ben), note="once more"),
    Row(
        "sharing:change", "post", lambda w: [w.share.uuid], {UNFIT: "ana"}, data=lambda w: {"until": "never"}
    ),
    Row("sharing:change", "get", lambda w: [w.to_ben.uuid], {OK: "ana"}),
    Row("sharing:end", "get", none, {OK: "ana"}, data=lambda w: {"share": [w.share.uuid, w.to_ben.uuid]}),
    Row("sharing:delete_study", "post", none, {UNFIT: "ana"}, data=ticked),
    Row("studies:correct_check", "post", placement, {UNFIT: "adam"}, note="nothing typed"),
    Row("studies:correct_save", "post", placement, {UNFIT: "adam"}, note="nothing typed"),
    Row("sharing:received", "get", lambda w: [w.ended_press], {GONE: "ben"}),
    Row("studies:worklist", "get", ct, {OK: "ana"}, data=lambda w: {"sort": "name"}),
    Row("studies:worklist", "get", ct, {OK: "ana"}, data=lambda w: {"cursor": "none"}),
    Row("studies:search", "post", ct, {OK: "ana"}, data=lambda w: {"q": "x" * 5000}),
    Row("studies:trail", "get", placement, {400: "ana"}, data=lambda w: {"since": "never"}),
]
ROWS = [*PAGES, *ADMINISTRATION, *PEOPLE_OF_ACCOUNTS, *MORE]

# The pages that people said showed names without an event; and those that always wrote it.
KNOWN = {
    "sharing:share", "sharing:share_open", "sharing:share_check", "sharing:shared_by_me", "sharing:invitations",
    "sharing:change", "sharing:end", "sharing:remove", "sharing:delete", "sharing:physicians", "sharing:received",
    "sharing:access", "sharing:share_studies", "sharing:withdraw", "studies:worklist", "studies:study",
    "studies:details", "studies:trail", "studies:trail_csv", "studies:upload_progress",
    "admin:accounts_accountmembership_changelist", "admin:accounts_user_changelist", "admin:autocomplete",
    "admin:worklists_worklist_members", "admin:audit_auditevent_changelist", "admin:accounts_invitation_changelist",
}  # fmt: skip


@pytest.fixture(autouse=True)
def everyone_has_a_surname(world: SimpleNamespace, settings: Any) -> None:
    """No given name is a part of another word of a page; there is more to be read than the matrices need."""
    settings.CIMAR_DEVELOPMENT = False
    cast = world.cast
    for name in PEOPLE:
        person = getattr(cast, name)
        User.objects.filter(pk=person.pk).update(name=f"{name.capitalize()} {SURNAME.format(name)}")
    Upload.objects.filter(pk=world.upload.pk).update(state=Upload.State.DONE)
    UploadedStudy.objects.create(upload=world.upload, study=cast.study, n_new=1)
    AuditEvent.objects.bulk_create(
        AuditEvent(action=Action.STUDY_ARRIVE, by_id=cast.ana.pk, worklist_id=cast.ct.pk, study_id=study.pk)
        for study in [cast.study]
    )
    to_ben = Target(Method.PHYSICIAN, str(cast.ben.uuid))
    report = share_studies(placements=[world.placement.uuid], targets=[to_ben], by=acting(cast.ana))
    world.to_ben = report.rows[0].share
    gone = share_studies(
        placements=[world.placement.uuid],
        targets=[Target(Method.EMAIL, cast.ben.email)],
        by=acting(cast.ana),
    )
    end_shares(shares=[gone.rows[0].share.uuid], by=acting(cast.ana))
    world.ended_press = gone.press


def names_in(text: str, reader: str, world: SimpleNamespace) -> list[str]:
    """The patients and the people other than the reader that the text names."""
    people = [name for name in PEOPLE if name != reader]
    looked_for = [*(SURNAME.format(name) for name in people), *(f"{name}@example.org" for name in people)]
    for patient in PATIENTS:
        looked_for += [patient, patient.replace("^", ", ")]
    looked_for += [world.cast.study.patient_id, world.cast.other_study.patient_id, "dora@example.net"]
    return [name for name in looked_for if name in text]


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace")


def readers(row: Row) -> list[str]:
    """Each kind of reader once: those whom the matrix answers with something to read."""
    shown = {name for name, got in row.expected().items() if got in (OK, UNFIT, GONE, 400)}
    return sorted(shown - {"anonymous"})


def as_asked(client: Client, row: Row, world: SimpleNamespace, headers: dict[str, str]) -> Any:
    url, data = reverse(row.name, args=row.args(world)), row.data(world)
    return getattr(client, row.method)(url, data, headers=headers)


def asked_by(world: SimpleNamespace, row: Row, name: str, headers: dict[str, str]) -> tuple[list[str], int]:
    """The names in what a reader is answered, and the number of their events that the request wrote."""
    with undone():
        client = signed_in(world, name)
        reader = getattr(world.cast, name)
        before = AuditEvent.objects.filter(by_id=reader.pk).count()
        response = as_asked(client, row, world, headers)
        named = names_in(text_of(response), name, world)
        return named, AuditEvent.objects.filter(by_id=reader.pk).count() - before


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_an_answer_that_names_someone_was_recorded(world: SimpleNamespace, row: Row) -> None:
    silent = {}
    for name in readers(row):
        for headers in ({}, HTMX):
            named, events = asked_by(world, row, name, headers)
            if named and not events:
                silent[name, "htmx" if headers else "page"] = named

    assert silent == {}


def test_names_are_seen_on_the_pages_that_show_them(world: SimpleNamespace) -> None:
    """Without this, a page whose names the test does not recognise would pass."""
    seen = {
        row.name
        for row in ROWS
        if row.name in KNOWN
        for name in readers(row)
        if asked_by(world, row, name, {})[0]
    }

    assert KNOWN - seen == set()


def test_the_holder_of_a_link_reads_who_invited_them_once_its_opening_is_recorded(
    world: SimpleNamespace, client: Client
) -> None:
    url = reverse("sharing:open_invitation", args=[world.token])

    page = client.get(url, follow=True)

    assert "dora@example.net" in text_of(page)
    assert AuditEvent.objects.filter(action=Action.INVITATION_OPEN).count() == 1


def test_a_read_of_several_studies_is_one_event_with_all_of_them(
    world: SimpleNamespace, client: Client
) -> None:
    studies = [make_study(world.cast.ct) for _ in range(3)]
    client.force_login(world.cast.ana)
    placements = [str(placement_of(study, world.cast.ct).uuid) for study in studies]

    client.post(reverse("sharing:share_open"), {"placement": placements})

    [event] = AuditEvent.objects.filter(action=Action.DIALOG_READ, by_id=world.cast.ana.pk)
    assert (event.worklist_id, event.study_id, event.role_label) == (world.cast.ct.pk, None, "Radiologist")
    assert event.detail == {"dialog": "share", "studies": 3, "study_ids": [study.pk for study in studies]}
    assert sentence(event) == "Ana Quibbleana viewed the share dialog (3 studies)"


def test_a_read_of_one_study_is_in_its_trail(world: SimpleNamespace, client: Client) -> None:
    client.force_login(world.cast.ana)
    client.post(reverse("sharing:share_open"), {"placement": str(world.placement.uuid)})
    client.get(reverse("sharing:end"), {"share": str(world.share.uuid)})
    client.get(reverse("sharing:change", args=[world.share.uuid]))

    trail = client.get(reverse("studies:trail", args=[world.placement.uuid])).content.decode()

    for read in ("the share dialog", "what ends with a share", "a share before changing it"):
        assert f"Ana Quibbleana viewed {read}" in trail


def test_a_physicians_name_is_searched_with_an_event_that_keeps_no_name(
    world: SimpleNamespace, client: Client
) -> None:
    client.force_login(world.cast.phil)

    client.get(reverse("sharing:physicians"), searched(world))

    [event] = AuditEvent.objects.filter(action=Action.DIRECTORY_SEARCH)
    assert (event.account_id, event.by_id) == (world.cast.northgate.pk, world.cast.phil.pk)
    assert "Quibble" not in str(event.detail)
    assert sentence(event) == "Phil Quibblephil searched the directory of Northgate Hospital"
