"""A worklist's own MRN: noted beside the MRN of a study, shown and found there alone, compared by the shield."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import NothingThere, Refused
from sharing import services as sharing
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement, Study
from studies.selectors import Order, Question
from studies.selectors.listing import page_of
from studies.services import confirm_patient, note_own_mrn
from studies.services.shield import mark_arrivals
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.overlap import at_once
from tests.sharing.guests import Visitor, below, made
from tests.sharing.share_pages import share, text
from tests.sharing.test_approvals import waiting
from worklists.models import Worklist

pytestmark = pytest.mark.django_db

OWN = "NG-20417"
JANE = {"patient_name": "Rowan^Jane", "patient_birth_date_raw": "19801224", "patient_sex": "F"}


def note(cast: Cast, study: Study, number: str = OWN, worklist: Worklist | None = None) -> Placement:
    placement = placement_of(study, worklist or cast.ct)
    note_own_mrn(placement=placement.uuid, by=acting(cast.adam), number=number)
    placement.refresh_from_db()
    return placement


def found(worklist: Worklist, typed: str) -> set[int]:
    return {row.study_id for row in page_of(worklist, Question(text=typed), Order(), None).rows}


def differs(study: Study, worklist: Worklist) -> list[str]:
    return placement_of(study, worklist).differs


# With the approval


def decide(client: Any, decision: str, shares: dict[Share, str], selected: list[Share], **more: str) -> Any:
    numbers = {f"own-mrn-{share.uuid}": number for share, number in shares.items()}
    form = {"share": [str(each.uuid) for each in selected], "decision": decision, **numbers, **more}
    return client.post(reverse("sharing:approvals"), form)


def test_each_of_several_shares_is_approved_with_its_own_number(client: Any, cast: Cast) -> None:
    other = make_study(cast.ct, patient_id="MRN-2", **JANE)
    first, second = waiting(cast, cast.study, other)
    client.force_login(cast.adam)

    answer = decide(client, "approve", {first: f"  {OWN} ", second: ""}, [first, second])

    assert "2 shares approved." in text(client.get(answer.url))
    assert [placement_of(study, cast.chest).own_mrn for study in (cast.study, other)] == [OWN, ""]
    event = AuditEvent.objects.get(action=Action.OWN_MRN_CHANGE)
    assert (event.by_id, event.worklist_id, event.detail) == (
        cast.adam.pk,
        cast.chest.pk,
        {"number": "added"},
    )


def test_a_declined_share_has_no_number(client: Any, cast: Cast) -> None:
    [only] = waiting(cast)
    client.force_login(cast.adam)

    decide(client, "decline", {only: OWN}, [only], message="Not ours")

    assert not Placement.objects.exclude(own_mrn="").exists()


def test_a_number_beside_a_share_that_is_not_selected_is_asked_about(client: Any, cast: Cast) -> None:
    first, second = waiting(cast, cast.study, make_study(cast.ct))
    client.force_login(cast.adam)

    answer = decide(client, "approve", {first: "", second: OWN}, [first])

    page = answer.content.decode()
    assert (answer.status_code, "is not selected" in page, f'value="{OWN}"' in page) == (422, True, True)
    assert Share.objects.filter(approved_by__isnull=False).count() == 0


def test_a_number_that_is_too_long_decides_nothing(client: Any, cast: Cast) -> None:
    [only] = waiting(cast)
    client.force_login(cast.adam)

    answer = decide(client, "approve", {only: "1" * 65}, [only])

    assert (answer.status_code, Share.objects.get().approved_at) == (422, None)
    assert "may have 64 characters at most" in text(answer)


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_at_once_the_number_of_the_first_is_noted(cast: Cast) -> None:
    [only] = waiting(cast)

    def approve(person: Any, number: str) -> Any:
        return lambda: sharing.decide_shares(
            shares=[only.uuid], by=acting(person), approve=True, own_mrns={only.uuid: number}
        )

    first, second = at_once([approve(cast.adam, "A-1"), approve(cast.adam, "A-2")])

    number = placement_of(cast.study, cast.chest).own_mrn
    assert number == ("A-1" if first.decided else "A-2")
    assert first.decided + second.decided == 1
    assert AuditEvent.objects.filter(action=Action.OWN_MRN_CHANGE).count() == 1


# On the study's page


def test_it_is_noted_changed_and_removed_on_the_page_of_the_study(client: Any, cast: Cast) -> None:
    client.force_login(cast.adam)
    url = reverse("studies:own_mrn", args=[cast.placement.uuid])

    for number in (OWN, "NG-2", ""):
        client.post(url, {"own_mrn": number})

    events = AuditEvent.objects.filter(action=Action.OWN_MRN_CHANGE).order_by("pk")
    assert [event.detail["number"] for event in events] == ["added", "changed", "removed"]
    assert not any(OWN in str(vars(event)) for event in events)
    assert "noted the own MRN of" in text(client.get(reverse("studies:trail", args=[cast.placement.uuid])))


def test_the_same_number_again_is_no_change(cast: Cast) -> None:
    note(cast, cast.study)
    note(cast, cast.study, f" {OWN} ")

    assert AuditEvent.objects.filter(action=Action.OWN_MRN_CHANGE).count() == 1


def test_who_may_neither_approve_nor_correct_notes_nothing(cast: Cast) -> None:
    with pytest.raises(Refused):
        note_own_mrn(placement=cast.placement.uuid, by=acting(cast.vera), number=OWN)
    with pytest.raises(NothingThere):
        note_own_mrn(placement=cast.placement.uuid, by=acting(cast.caro), number=OWN)

    assert not Placement.objects.exclude(own_mrn="").exists()


@pytest.mark.parametrize("number", ["1" * 65, "12\x0034", "12\u202e34"])
def test_what_cannot_be_a_number_is_refused(cast: Cast, number: str) -> None:
    with pytest.raises(ValidationError):
        note_own_mrn(placement=cast.placement.uuid, by=acting(cast.adam), number=number)


def test_it_is_shown_beside_the_mrn_on_list_study_and_viewer(client: Any, cast: Cast) -> None:
    note(cast, cast.study)
    client.force_login(cast.ana)

    for url in (
        reverse("studies:worklist", args=[cast.ct.uuid]),
        reverse("studies:study", args=[cast.placement.uuid]),
        reverse("studies:viewer", args=[cast.placement.uuid]),
    ):
        page = text(client.get(url))
        assert ("Own MRN" in page, OWN in page, cast.study.patient_id in page) == (True, True, True)


def test_a_guest_has_nothing_of_it(cast: Cast, clock: Any) -> None:
    note(cast, cast.study)
    link, visitor = made(cast), Visitor(clock)
    opened = visitor.open(link).content.decode()

    viewer = visitor.client.get(below(link, f"placements/{cast.placement.uuid}/viewer/"))

    for page in (opened, viewer.content.decode()):
        assert (cast.study.patient_id in page, OWN in page) == (True, False)


def test_other_worklists_have_nothing_of_it(client: Any, cast: Cast) -> None:
    note(cast, cast.study)
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.ben)

    page = text(client.get(reverse("studies:study", args=[placement_of(cast.study, cast.emergency).uuid])))

    assert OWN not in page
    assert found(cast.emergency, OWN) == set()


def test_it_goes_with_the_share(cast: Cast) -> None:
    given = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    note(cast, cast.study, worklist=cast.emergency)
    sharing.end_shares(shares=[given.uuid], by=acting(cast.ana))
    again = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)

    assert (again.pk != given.pk, placement_of(cast.study, cast.emergency).own_mrn) == (True, "")


def test_another_share_to_the_worklist_leaves_it(cast: Cast) -> None:
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    note(cast, cast.study, worklist=cast.emergency)
    share(cast.adam, cast.placement, Method.LOCATION, cast.emergency.uuid)

    assert placement_of(cast.study, cast.emergency).own_mrn == OWN


@pytest.mark.parametrize("typed", [OWN, "ng-204", " NG-20417 ", "ＮＧ-20417"])
def test_a_search_on_the_worklist_finds_both_numbers(cast: Cast, typed: str) -> None:
    note(cast, cast.study)

    assert found(cast.ct, typed) == found(cast.ct, cast.study.patient_id) == {cast.study.pk}


# The shield


def two(cast: Cast, **theirs: str) -> tuple[Study, Study]:
    """Two studies with MRNs of their own on CT Reporting; of the first the own MRN is noted."""
    first = make_study(cast.ct, patient_id="A-1", issuer_of_patient_id="Elsewhere", **JANE)
    other = make_study(cast.ct, patient_id="B-2", issuer_of_patient_id="Yonder", **{**JANE, **theirs})
    note(cast, first)
    return first, other


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ({}, []),
        ({"patient_name": "Rowan^Jane^Mary"}, []),
        ({"patient_name": "Quill^Hazel"}, ["name"]),
        ({"patient_birth_date_raw": "19801225", "patient_sex": "M"}, ["born", "sex"]),
    ],
)
def test_who_disagrees_under_the_same_own_mrn_is_marked(
    cast: Cast, theirs: dict[str, str], expected: list[str]
) -> None:
    first, other = two(cast, **theirs)

    note(cast, other)

    assert (differs(first, cast.ct), differs(other, cast.ct)) == ([], expected)


def test_the_decision_shows_the_others_and_takes_the_mark(client: Any, cast: Cast) -> None:
    _, other = two(cast, patient_name="Quill^Hazel")
    placement = note(cast, other)
    client.force_login(cast.adam)

    page = text(client.get(reverse("studies:patient", args=[placement.uuid])))
    confirm_patient(placement=placement.uuid, by=acting(cast.adam), why="As in the record")

    assert ("Jane" in page and OWN in page, differs(other, cast.ct)) == (True, [])


def test_the_mark_goes_with_the_number(cast: Cast) -> None:
    _, other = two(cast, patient_name="Quill^Hazel")
    note(cast, other)

    note(cast, other, "")

    assert differs(other, cast.ct) == []


def test_who_was_marked_by_a_number_is_compared_again_when_that_goes(cast: Cast) -> None:
    first, other = two(cast, patient_name="Quill^Hazel")
    note(cast, other)

    note(cast, first, "NG-9")

    assert (differs(first, cast.ct), differs(other, cast.ct)) == ([], [])


def test_a_study_that_arrives_under_that_number_is_compared_too(cast: Cast) -> None:
    two(cast)
    arrived = make_study(cast.ct, patient_id=OWN, **{**JANE, "patient_name": "Quill^Hazel"})

    mark_arrivals(worklist=cast.ct.pk, studies=[arrived])

    assert differs(arrived, cast.ct) == ["name"]


def test_what_was_confirmed_under_the_mrn_stays_confirmed(cast: Cast) -> None:
    make_study(cast.ct, patient_id="C-3", **JANE)
    other = make_study(cast.ct, patient_id="C-3", **{**JANE, "patient_name": "Quill^Hazel"})
    mark_arrivals(worklist=cast.ct.pk, studies=[other])
    before = differs(other, cast.ct)
    confirm_patient(placement=placement_of(other, cast.ct).uuid, by=acting(cast.adam), why="Both right")

    note(cast, other)

    assert (before, differs(other, cast.ct)) == (["name"], [])


def test_a_share_under_that_number_is_compared_where_it_arrives(cast: Cast) -> None:
    here = make_study(cast.emergency, patient_id="A-1", **JANE)
    note(cast, here, cast.study.patient_id, worklist=cast.emergency)

    sharing.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
    )

    assert "name" in differs(cast.study, cast.emergency)
