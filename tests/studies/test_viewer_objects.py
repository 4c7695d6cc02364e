"""What a study holds beside its images, as tabs of the viewer: read, named, and never trusted."""

import html
import json
import re
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.urls import reverse
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from audit.actions import Action
from audit.models import AuditEvent
from tests.factories import placement_of
from tests.studies import beside_files as made
from tests.studies.pages import body, hook, lister, page_of, words

__all__ = ["lister"]

pytestmark = pytest.mark.django_db

IMAGE = generate_uid(entropy_srcs=["an image that is referred to"])


def object_page(client, cast, instance, name="viewer_object", **more):
    placement = placement_of(instance.study, cast.ct)
    return client.get(reverse(f"studies:{name}", args=[placement.uuid, instance.uuid]), **more)


@pytest.fixture
def ana(client, cast):
    client.force_login(cast.ana)
    return client


# Reports


@pytest.mark.parametrize("name", ["reportsi.dcm", "test-SR.dcm", "reportsi_with_empty_number_tags.dcm"])
def test_a_report_is_a_page(ana, cast, name):
    [report] = made.taken_in(cast, made.a_test_file(name))

    page = object_page(ana, cast, report)

    assert page.status_code == 200
    text = words(page)
    source = made.a_test_file(name)
    assert source.ConceptNameCodeSequence[0].CodeMeaning in text
    lines = [str(each.value).split() for each in source.iterall() if each.keyword == "TextValue"]
    assert [" ".join(line) for line in lines if " ".join(line[:5]) not in html.unescape(text)] == []
    assert len(lines) > 0


def test_values_codes_and_references_of_a_report_are_in_words(ana, cast):
    report = made.an_object("1.2.840.10008.5.1.4.1.1.88.33", "SR")
    report.ConceptNameCodeSequence = Sequence([made.code("1", "Chest <b>report</b>")])
    report.CompletionFlag, report.VerificationFlag = "COMPLETE", "UNVERIFIED"
    measured = made.content("NUM", "Diameter")
    value = made.Dataset()
    value.NumericValue, value.MeasurementUnitsCodeSequence = (
        "12.5",
        Sequence([made.code("mm", "millimeter", "UCUM")]),
    )
    measured.MeasuredValueSequence = Sequence([value])
    inside = made.content("CONTAINER", "Findings")
    inside.ContentSequence = Sequence(
        [
            measured,
            made.content(
                "CODE", "Site", ConceptCodeSequence=Sequence([made.code("T-1", "Left lung", "SRT")])
            ),
            made.content("TEXT", "Comment", TextValue="<script>alert(1)</script>"),
            made.content("IMAGE", "Source", ReferencedSOPSequence=Sequence([made.reference(IMAGE)])),
            made.content("IMAGE", "Other", ReferencedSOPSequence=Sequence([made.reference("1.2.3")])),
        ]
    )
    report.ContentSequence = Sequence([inside])
    image, taken = made.taken_in(cast, made.an_image(IMAGE), report)

    page = object_page(ana, cast, taken)

    text, markup = words(page), page.content.decode()
    assert "Diameter 12.5 mm" in text and "Left lung SRT T-1" in text
    assert "Complete · Not verified" in text
    assert "<script>alert" not in markup and "<b>report" not in markup
    viewer = page_of(placement_of(taken.study, cast.ct), "viewer")
    assert f'href="{viewer}?instance={image.uuid}"' in markup
    assert "An image that is not in this study" in text


def test_a_report_of_endless_depth_or_length_is_bounded_and_says_so(ana, cast):
    report = made.an_object("1.2.840.10008.5.1.4.1.1.88.33", "SR")
    report.ConceptNameCodeSequence = Sequence([made.code("1", "Long")])
    report.ContentSequence = Sequence([made.content("TEXT", "Line", TextValue=str(n)) for n in range(5_100)])
    [taken] = made.taken_in(cast, report)

    text = words(object_page(ana, cast, taken))

    assert "Not shown: 100 more items of this report" in text


# Key images, presentation states


def test_key_images_come_first_and_lead_into_the_viewer(ana, cast):
    image, keys = made.taken_in(cast, made.an_image(IMAGE), made.key_objects(IMAGE, "1.2.3"))

    page = object_page(ana, cast, keys)
    viewer = ana.get(page_of(placement_of(keys.study, cast.ct), "viewer"))

    assert f"instance={image.uuid}" in page.content.decode()
    assert "The &lt;nodule&gt; in the left lobe" in page.content.decode()
    assert "Not in this study: 1 image that it refers to." in words(page)
    tabs = re.search(r'(?s)<nav class="tabs".*?</nav>', viewer.content.decode())[0]
    assert tabs.index("Key images") < tabs.index("Images\n")


def test_a_link_to_an_instance_shows_it(ana, cast):
    first, second = made.taken_in(cast, made.an_image(IMAGE), made.an_image(generate_uid()))
    url = page_of(placement_of(first.study, cast.ct), "viewer")

    positions = {hook(ana.get(url, {"instance": each.uuid}), "image") for each in (first, second)}

    assert positions == {"1", "2"}
    assert ana.get(url, {"instance": uuid4()}).status_code == 422


def test_what_a_presentation_state_sets_goes_with_its_links_or_is_named_as_not_applied(ana, cast):
    asking = made.presentation_state(IMAGE)
    asking.PresentationLUTSequence = Sequence([Dataset()])
    _image, state = made.taken_in(cast, made.an_image(IMAGE), asking)

    page = object_page(ana, cast, state)

    assert "The links below apply this presentation state in part" in words(page)
    assert "Window -600 / 1500" in words(page)
    assert "Not applied, here or elsewhere: Table of grey values" in words(page)
    link = re.search(r'href="([^"]*window=[^"]*)"', page.content.decode())[1].replace("&amp;", "&")
    assert 'data-window="-600,1500"' in ana.get(link).content.decode()


@pytest.mark.parametrize(
    ("turn", "flip", "asked", "named"),
    [
        (90, "Y", {"turn": ["90"], "flip": ["1"]}, []),
        (270, "N", {"turn": ["270"]}, []),
        (0, "Y", {"flip": ["1"]}, []),
        (45, "Y", {}, ["Rotation", "Flip"]),
    ],
)
def test_a_turn_by_quarters_and_a_flip_go_with_the_links(ana, cast, turn, flip, asked, named):
    """By another angle the image is not turned, and then it is not mirrored either: that would be another picture."""
    state = made.presentation_state(IMAGE)
    state.ImageRotation, state.ImageHorizontalFlip, state.PresentationLUTShape = turn, flip, "INVERSE"
    _image, taken = made.taken_in(cast, made.an_image(IMAGE), state)

    page = object_page(ana, cast, taken)

    link = re.search(r'href="([^"]*window=[^"]*)"', page.content.decode())[1].replace("&amp;", "&")
    query = parse_qs(urlsplit(link).query)
    assert {word: query[word] for word in ("turn", "flip") if word in query} == asked
    applied, _, rest = words(page).partition("Not applied")
    not_applied = rest.partition("Series 1")[0]
    assert [name for name in ("Rotation", "Flip") if name in not_applied] == named
    assert "Inverted grey values" in applied
    viewer = ana.get(link).content.decode()
    assert f'data-turn="{asked.get("turn", [0])[0]}" data-flip="{asked.get("flip", [0])[0]}"' in viewer


def test_a_turn_by_another_angle_is_refused_with_the_first_image(ana, cast):
    [image] = made.taken_in(cast, made.an_image(IMAGE))
    url = page_of(placement_of(image.study, cast.ct), "viewer")

    assert ana.get(url, {"turn": "45"}).status_code == 422


def test_the_viewer_gets_the_state_that_its_url_names_and_no_other_object(ana, cast):
    image, state = made.taken_in(cast, made.an_image(IMAGE), made.presentation_state(IMAGE))
    url = page_of(placement_of(state.study, cast.ct), "viewer")

    shown = ana.get(url, {"instance": image.uuid, "state": state.uuid})

    assert shown.status_code == 200
    written = re.search(r'id="viewer-state" type="application/json">(.*?)</script>', shown.content.decode())[
        1
    ]
    asked = json.loads(written)
    assert (asked["name"], asked["images"]) == ("LUNG", {str(image.uuid): []})
    assert asked["windows"] == [{"images": None, "value": [-600, 1500, "LINEAR"]}]
    for other in (image.uuid, uuid4()):
        refused = ana.get(url, {"state": other})
        assert refused.status_code == 422
        assert "viewer-state" not in refused.content.decode()


# Waveforms


def test_an_electrocardiogram_is_drawn_to_scale(ana, cast):
    [wave] = made.taken_in(cast, made.a_test_file("waveform_ecg.dcm"))

    page = object_page(ana, cast, wave)

    markup = page.content.decode()
    assert markup.count('class="curve"') >= 12
    assert "25 mm/s, 10 mm/mV" in words(page)
    # 10 seconds are 250 mm.
    assert 'width="250.0mm"' in markup
    assert re.search(r'class="curve-label"[^>]*>\s*I\b', markup)


# Documents and videos


def test_a_document_is_sent_as_it_is_to_our_own_page_alone(ana, cast):
    [document] = made.taken_in(cast, made.document())

    page = object_page(ana, cast, document)
    sent = object_page(ana, cast, document, "viewer_stream")

    assert "<iframe" in page.content.decode()
    assert (sent.status_code, sent["Content-Type"], body(sent)) == (200, "application/pdf", made.PDF)
    assert sent["X-Frame-Options"] == "SAMEORIGIN"
    assert "default-src 'none'" in sent["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in sent["Content-Security-Policy"]
    assert sent["X-Content-Type-Options"] == "nosniff"


def test_what_only_says_that_it_is_a_pdf_is_not_sent(ana, cast):
    [document] = made.taken_in(cast, made.document(b"<html><script>alert(1)</script></html>"))

    assert "what it holds is none" in words(object_page(ana, cast, document))
    assert object_page(ana, cast, document, "viewer_stream").status_code == 415


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        ("", 200, made.MP4),
        ("bytes=0-", 206, made.MP4),
        ("bytes=4-11", 206, made.MP4[4:12]),
        ("bytes=-5", 206, made.MP4[-5:]),
        ("bytes=999999-", 416, b""),
    ],
)
def test_a_video_is_sent_by_ranges(ana, cast, asked, status, expected):
    [video] = made.taken_in(cast, made.video())

    sent = object_page(ana, cast, video, "viewer_stream", headers={"Range": asked} if asked else {})

    assert (sent.status_code, body(sent)) == (status, expected)
    if status != 416:
        assert sent["Content-Type"] == "video/mp4"
        assert int(sent["Content-Length"]) == len(expected)
    assert "<video" in object_page(ana, cast, video).content.decode()


def test_a_video_that_browsers_do_not_play_is_named(ana, cast):
    stream = (b"G" + b"\0" * 187) * 4
    [video] = made.taken_in(cast, made.video(stream, syntax="1.2.840.10008.1.2.4.100"))

    assert "Browsers do not play this kind of video" in words(object_page(ana, cast, video))
    assert "MPEG-2 TS" in words(object_page(ana, cast, video))
    assert object_page(ana, cast, video, "viewer_stream").status_code == 415


# Rights and the trail


def test_each_is_opened_with_the_right_to_images_and_is_in_the_trail(client, cast, lister):
    [document] = made.taken_in(cast, made.document())
    client.force_login(lister)

    assert object_page(client, cast, document).status_code == 403
    assert object_page(client, cast, document, "viewer_stream").status_code == 403
    client.force_login(cast.caro)
    assert object_page(client, cast, document).status_code == 404
    assert object_page(client, cast, document, "viewer_stream").status_code == 404
    client.force_login(cast.vera)

    object_page(client, cast, document)

    opened = AuditEvent.objects.get(action=Action.STUDY_OPEN, by_id=cast.vera.pk)
    assert opened.detail["page"] == "document"
    assert AuditEvent.objects.filter(action=Action.IMAGES_SERVED, by_id=cast.vera.pk).count() == 1


def test_an_image_is_no_object_of_these_pages(ana, cast):
    [image] = made.taken_in(cast, made.an_image(IMAGE))

    assert object_page(ana, cast, image).status_code == 404
    assert object_page(ana, cast, image, "viewer_stream").status_code == 404
