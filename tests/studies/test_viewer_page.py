"""The viewer's page: who may open it, what it shows before any script, what it hands to its script, and its policy."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies.forms.viewer import ViewerForm
from studies.models import Blob, Placement
from tests.cast import acting
from tests.factories import make_instance, make_series, make_study, placement_of
from tests.studies.pages import frame_of, hook, instance, lister, page_of, prepared, statements, words
from worklists.services import change_account
from worklists.services.account_settings import ACCEPTANCE

__all__ = ["instance", "lister"]

pytestmark = pytest.mark.django_db


def viewer_of(client, placement, **asked):
    return client.get(page_of(placement, "viewer"), asked)


def test_who_sees_the_list_and_may_not_open_images_is_refused_and_that_is_recorded(client, cast, lister):
    client.force_login(lister)

    refused = viewer_of(client, cast.placement)

    assert refused.status_code == 403
    assert "does not let you open images" in words(refused)
    assert AuditEvent.objects.filter(action=Action.DENIED, by_id=lister.pk).count() == 1
    assert not AuditEvent.objects.filter(action=Action.STUDY_OPEN).exists()


def test_opening_it_is_in_the_trail_of_the_study(client, cast, instance):
    client.force_login(cast.vera)

    viewer_of(client, cast.placement)

    event = AuditEvent.objects.get(action=Action.STUDY_OPEN)
    assert (event.placement_uuid, event.detail["page"]) == (cast.placement.uuid, "viewer")


def test_the_first_image_is_there_before_any_script(client, cast, instance):
    client.force_login(cast.ana)

    page = viewer_of(client, cast.placement)

    assert hook(page, "first") == frame_of(cast.placement, instance)
    assert f'src="{frame_of(cast.placement, instance)}"' in page.content.decode()
    assert "noscript" in page.content.decode()
    assert page_of(cast.placement) in re.search(r"(?s)<noscript>.*?</noscript>", page.content.decode())[0]


def test_the_series_image_and_window_of_a_link_are_handed_to_the_script(client, cast, instance):
    second = prepared(make_series(cast.study, number=2), frames=4)
    client.force_login(cast.ana)

    page = viewer_of(client, cast.placement, series=second.series.uuid, image=3, window="40,400")

    assert page.status_code == 200
    assert [hook(page, name) for name in ("series", "image", "window")] == [
        str(second.series.uuid),
        "3",
        "40,400",
    ]
    assert hook(page, "first") == frame_of(cast.placement, second, 3)


@pytest.mark.parametrize(
    "asked",
    [
        {"image": "0"},
        {"image": "4"},
        {"image": "x"},
        {"series": "1"},
        {"series": "00000000-0000-4000-8000-000000000000"},
        {"window": "wide"},
        {"window": "40,0"},
        {"window": "1e999,1"},
    ],
    ids=str,
)
def test_what_is_not_there_gets_the_first_image_and_a_sentence(client, cast, instance, asked):
    client.force_login(cast.ana)

    page = viewer_of(client, cast.placement, **asked)

    assert page.status_code == 422
    assert "This is the first image" in words(page)
    assert hook(page, "image") == "1"


@given(st.one_of(st.text(max_size=50), st.from_regex(r"-?[0-9.e,+]{1,20},-?[0-9.eE]{1,20}", fullmatch=True)))
def test_a_window_that_is_taken_is_two_finite_numbers_and_wide(typed):
    form = ViewerForm({"window": typed})

    if form.is_valid() and form.cleaned_data["window"]:
        centre, width = map(float, form.cleaned_data["window"].split(","))
        assert abs(centre) < 1e8 and 0 < width < 1e8


def test_a_study_without_images_and_images_that_are_prepared_say_so(client, cast):
    client.force_login(cast.ana)
    empty = viewer_of(client, cast.placement)
    make_instance(make_series(cast.study), frames=1)
    waiting = viewer_of(client, cast.placement)

    assert "This study has no images" in words(empty)
    assert "This image is not ready yet" in words(waiting)
    assert hook(waiting, "first") == ""


def test_an_image_that_cannot_be_shown_says_why(client, cast):
    made = make_instance(make_series(cast.study), frames=1)
    Blob.objects.filter(pk=made.blob.pk).update(preview="failed", preview_note="It holds no image data.")
    client.force_login(cast.ana)

    assert "It holds no image data." in words(viewer_of(client, cast.placement))


def test_the_page_costs_the_same_for_few_and_for_many(client, cast):
    client.force_login(cast.ana)
    viewer_of(client, cast.placement)
    counts = []
    for images in (1, 30):
        study = make_study(cast.ct)
        for number in range(1, 4):
            series = make_series(study, number=number)
            for position in range(images):
                make_instance(series, number=position)
        placement = placement_of(study, cast.ct)
        with CaptureQueriesContext(connection) as queries:
            viewer_of(client, placement)
        counts.append(len(statements(queries.captured_queries)))

    assert counts == [9, 9]


def test_its_texts_are_json_that_no_text_can_leave(client, cast, instance):
    client.force_login(cast.ana)

    page = viewer_of(client, cast.placement).content.decode()

    texts = json.loads(re.search(r'(?s)<script id="viewer-texts"[^>]*>(.*?)</script>', page)[1])
    assert texts["reduced"] == "Reduced"
    assert {type(text) for text in texts.values()} == {str}


# The content policy

WIDER = ("wasm-unsafe-eval", "unsafe-inline", "unsafe-eval", "blob:")


def test_its_policy_is_as_wide_as_its_code_needs(client, cast, instance):
    client.force_login(cast.ana)

    policy = viewer_of(client, cast.placement)["Content-Security-Policy"]

    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert rules["worker-src"] == "'self' blob:"
    assert rules["style-src"] == "'self' 'unsafe-inline'"
    assert rules["img-src"] == "'self' data: blob:"
    assert rules["connect-src"] == "'self' blob: data:"
    assert rules["frame-ancestors"] == "'none'"
    assert "'unsafe-eval'" not in policy


def test_a_refusal_there_has_the_policy_of_every_page(client, cast, lister):
    client.force_login(lister)

    refused = viewer_of(client, cast.placement)["Content-Security-Policy"]

    assert not any(word in refused for word in WIDER)


def test_the_page_leads_back_to_its_study(client, cast, instance):
    client.force_login(cast.ana)

    page = viewer_of(client, cast.placement).content.decode()

    assert f'href="{reverse("studies:study", args=[cast.placement.uuid])}" data-way-back' in page


# The patient's other studies


def others_in(page):
    return re.findall(r'data-prior-manifest="/placements/([^/]*)/', page.content.decode())


def test_other_studies_of_the_patient_on_this_worklist_are_beside_it(client, cast):
    patient = {"patient_id": "M1", "issuer_of_patient_id": "NGH", "patient_name": "Quill^Hazel"}
    here = make_study(cast.ct, **patient, study_date="2026-11-01")
    older = make_study(cast.ct, **patient, study_date="2025-01-01")
    make_instance(make_series(here))
    make_study(cast.emergency, **patient)
    make_study(cast.ct, **{**patient, "issuer_of_patient_id": "OTHER"})
    make_study(cast.ct, **{**patient, "patient_id": "M2"})
    client.force_login(cast.ana)

    page = viewer_of(client, placement_of(here, cast.ct))

    assert others_in(page) == [str(placement_of(older, cast.ct).uuid)]
    assert "1 Jan 2025" in words(page)


def test_no_other_study_is_offered_without_an_mrn_or_while_the_patient_is_in_doubt(client, cast):
    nameless = [make_study(cast.ct, patient_id="") for _ in range(2)]
    doubtful = [make_study(cast.ct, patient_id="M9") for _ in range(2)]
    Placement.objects.filter(study=doubtful[1]).update(differs=["name"])
    client.force_login(cast.ana)

    for study in (*nameless, *doubtful):
        make_instance(make_series(study))
        assert others_in(viewer_of(client, placement_of(study, cast.ct))) == []


# What the account says


def accepts(cast, **settings):
    change_account(account=cast.northgate, by=acting(cast.adam), **settings)


def test_images_are_marked_until_the_account_accepts_and_that_is_recorded(client, cast, instance):
    client.force_login(cast.ana)
    before = viewer_of(client, cast.placement)

    accepts(cast, primary_diagnosis=True)

    after = viewer_of(client, cast.placement)
    assert (hook(before, "not-diagnostic"), hook(after, "not-diagnostic")) == ("1", "0")
    marks = [page.content.decode().count('class="viewer-reference"') for page in (before, after)]
    assert marks == [1, 0]
    event = AuditEvent.objects.get(action=Action.ACCOUNT_CHANGE)
    assert event.by_id == cast.adam.pk
    assert event.detail["now"]["primary_diagnosis_text"] == ACCEPTANCE
    accepts(cast, primary_diagnosis=True)
    assert AuditEvent.objects.filter(action=Action.ACCOUNT_CHANGE).count() == 1
    accepts(cast, primary_diagnosis=False)
    assert hook(viewer_of(client, cast.placement), "not-diagnostic") == "1"


def test_images_are_blanked_where_the_account_or_that_of_the_original_wants_it(client, cast, instance):
    share_studies(
        placements=[cast.placement.uuid], targets=[Target(Method.EMAIL, cast.ed.email)], by=acting(cast.ana)
    )
    there = placement_of(cast.study, cast.ed.personal_worklist)
    client.force_login(cast.ed)
    before = hook(viewer_of(client, there), "blank-on-loss")

    accepts(cast, blanks_images=True)

    assert (before, hook(viewer_of(client, there), "blank-on-loss")) == ("0", "1")
    # A personal worklist is of no account that could accept anything.
    accepts(cast, primary_diagnosis=True)
    assert hook(viewer_of(client, there), "not-diagnostic") == "1"
