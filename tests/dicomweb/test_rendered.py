"""Rendered images: by the standard's own formula, like the pages' pictures, as the client accepts it or not at all."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import storages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from studies import services
from studies.models import Blob, Instance
from studies.renderer import WINDOW_OF_COLOURS
from studies.services import render_waiting, rendering
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast
from tests.dicomweb.asking import body_of, client_of, parts_of, root_of, take_in

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db
SIDE = 16
VALUES = (np.arange(SIDE * SIDE) * 13 % 4096).astype("<u2").reshape(SIDE, SIDE)
SLOPE, INTERCEPT = 2.0, -1000.0
MANY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def grey(**more: Any) -> bytes:
    values = {
        "StudyInstanceUID": "2.25.77", "SeriesInstanceUID": "2.25.78", "SOPInstanceUID": "2.25.79",
        "Rows": SIDE, "Columns": SIDE, "BitsAllocated": 16, "BitsStored": 12, "HighBit": 11,
        "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "PixelRepresentation": 0,
        "RescaleSlope": SLOPE, "RescaleIntercept": INTERCEPT, "PixelData": VALUES.tobytes(),
        "WindowCenter": 40, "WindowWidth": 400,
    }  # fmt: skip
    return sound(**{**values, **more})


@pytest.fixture(autouse=True, scope="module")
def ended() -> Iterator[None]:
    """The child that these tests started ends with them."""
    yield
    rendering._renderer._stop()


@pytest.fixture
def image(cast: Cast, dicom_storage: Any) -> str:
    take_in(cast.ct, [grey()])
    return f"{root_of(cast.ct)}/studies/2.25.77/series/2.25.78/instances/2.25.79"


def png(answer: Any) -> np.ndarray:
    data = body_of(answer)
    assert answer.status_code == 200, data
    return np.asarray(Image.open(io.BytesIO(data)))


def formula(center: float, width: float, function: str) -> np.ndarray:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, value by value, between 0 and 255."""
    x = VALUES.astype(float) * SLOPE + INTERCEPT
    if function == "sigmoid":
        return 255 / (1 + np.exp(-4 * (x - center) / width))
    half, c, w = (0.5, center - 0.5, width - 1) if function == "linear" else (0.5, center, width)
    middle = ((x - c) / w + half) * 255 if w else np.where(x <= c, 0.0, 255.0)
    return np.where(x <= c - w / 2, 0, np.where(x > c + w / 2, 255, middle))


@MANY
@given(
    st.integers(-1500, 8000),
    st.integers(2, 9000),
    st.sampled_from(["linear", "linear-exact", "sigmoid", "LINEAR", "Linear-Exact"]),
)
def test_a_window_is_the_standards_formula(
    cast: Cast, image: str, center: int, width: int, function: str
) -> None:
    answer = client_of(cast.ana).get(
        f"{image}/rendered?window={center},{width},{function}", headers={"Accept": "image/png"}
    )

    wanted = formula(center, width, function.lower())
    assert np.abs(png(answer) - wanted).max() <= 0.5 + 1e-6


def test_without_a_word_it_is_the_picture_of_the_pages(cast: Cast, image: str) -> None:
    render_waiting()
    blob = Blob.objects.get()
    with storages["dicom"].open(blob.preview_key(1)) as file:
        shown = np.asarray(Image.open(file))

    answer = client_of(cast.ana).get(f"{image}/rendered", headers={"Accept": "image/png"})

    assert (png(answer) == shown).all()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "JPEG"), ("*/*", "JPEG"), ("image/*", "JPEG"), ("image/png", "PNG"), ("image/gif", "GIF"),
        ("image/avif,image/webp,image/png,*/*;q=0.8", "PNG"), ("image/jpeg;q=0.5, image/png;q=0.9", "PNG"),
        ("IMAGE/PNG", "PNG"), ("application/dicom, image/jpeg;q=0.1", "JPEG"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rest", ["/rendered", "/frames/1/rendered", "/thumbnail", "/frames/1/thumbnail"])
def test_the_kind_of_picture_is_the_one_that_is_accepted(
    cast: Cast, image: str, rest: str, accept: str, kind: str
) -> None:
    answer = client_of(cast.ana).get(f"{image}{rest}", headers={"Accept": accept} if accept else {})
    in_query = client_of(cast.ana).get(
        f"{image}{rest}", {"accept": accept} if accept else {}, headers={"Accept": "text/html"}
    )

    assert Image.open(io.BytesIO(body_of(answer))).format == kind
    assert answer["Content-Type"] == f"image/{kind.lower()}"
    assert in_query.status_code == (200 if accept else 406)


@pytest.mark.parametrize(
    "accept", ["text/html", "image/jp2", "video/mp4", "image/png;q=0", "application/dicom"]
)
def test_another_kind_is_not_to_be_had(cast: Cast, image: str, accept: str) -> None:
    for rest in ("/rendered", "/thumbnail"):
        assert client_of(cast.ana).get(f"{image}{rest}", headers={"Accept": accept}).status_code == 406


def seen(cast: Cast, image: str, viewport: str, more: str = "") -> np.ndarray:
    url = f"{image}/rendered?window=3000,9000,linear&viewport={viewport}{more}"
    return png(client_of(cast.ana).get(url, headers={"Accept": "image/png"}))


def test_a_viewport_cuts_mirrors_and_scales(cast: Cast, image: str) -> None:
    whole = seen(cast, image, "16,16")

    assert whole.shape == (16, 16)
    assert (seen(cast, image, "4,2,3,5,4,2") == whole[5:7, 3:7]).all()
    assert (seen(cast, image, "4,2,3,5,-4,2") == whole[5:7, 3:7][:, ::-1]).all()
    assert (seen(cast, image, "4,2,3,5,4,-2") == whole[5:7, 3:7][::-1]).all()
    assert (seen(cast, image, "16,16,0,0,-16,-16") == whole[::-1, ::-1]).all()
    assert (seen(cast, image, "10,12,6,4") == whole[4:, 6:]).all()
    assert (seen(cast, image, "10,12,6,4,,") == whole[4:, 6:]).all()
    assert seen(cast, image, "64,32").shape == (32, 32)
    assert seen(cast, image, "8,100").shape == (8, 8)


@pytest.mark.parametrize(
    "query",
    [
        "window=1", "window=1,2", "window=1,0,linear", "window=1,0.5,linear", "window=1,2,cubic",
        "window=a,2,linear", "window=1,2,linear,3", "window=nan,2,linear", "window=1,inf,linear", "window=",
        "viewport=", "viewport=0,5", "viewport=5", "viewport=5,5,1", "viewport=9999,5", "viewport=5.5,5",
        "viewport=5,5,0,0,99,5", "viewport=5,5,-1,0", "viewport=5,5,0,0,0,5", "viewport=5,5,16,0", "viewport=x,5",
        "quality=0", "quality=101", "quality=high", "quality=-1",
    ],
)  # fmt: skip
def test_a_word_that_says_nothing_is_a_refusal_with_a_sentence(cast: Cast, image: str, query: str) -> None:
    answer = client_of(cast.ana).get(f"{image}/rendered?{query}")

    assert answer.status_code == 400, query
    assert answer.content.decode().strip().endswith(".")


@MANY
@given(st.sampled_from(["window", "viewport", "quality"]), st.text(max_size=30))
def test_no_word_is_an_error(cast: Cast, image: str, name: str, value: str) -> None:
    answer = client_of(cast.ana).get(f"{image}/rendered", {name: value})

    assert answer.status_code in (200, 400, 406)


def test_quality_makes_a_smaller_file(cast: Cast, image: str) -> None:
    sizes = [
        len(body_of(client_of(cast.ana).get(f"{image}/rendered?quality={each}"))) for each in (5, 50, 100)
    ]

    assert sizes == sorted(set(sizes))


def test_what_is_not_done_is_named(cast: Cast, image: str) -> None:
    answer = client_of(cast.ana).get(f"{image}/rendered?annotation=patient,technique&iccprofile=no")

    assert answer.status_code == 200
    assert "annotation=patient,technique" in answer["Warning"]
    assert "iccprofile" not in answer["Warning"]


def test_colours_are_shown_without_a_window_and_the_answer_says_so(cast: Cast, dicom_storage: Any) -> None:
    rgb = grey(SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, BitsAllocated=8,
               BitsStored=8, HighBit=7, PixelData=bytes(SIDE * SIDE * 3))  # fmt: skip
    take_in(cast.ct, [rgb, grey(SOPInstanceUID="2.25.80", InstanceNumber=2)])
    study = f"{root_of(cast.ct)}/studies/2.25.77"
    url, window, ana = (
        f"{study}/series/2.25.78/instances/2.25.79/rendered",
        "window=1,2,linear",
        client_of(cast.ana),
    )

    with_window, without = ana.get(f"{url}?{window}"), ana.get(url)
    both = ana.get(f"{study}/rendered?{window}")

    assert body_of(with_window) == body_of(without)
    assert (WINDOW_OF_COLOURS in with_window["Warning"], "Warning" in without) == (True, False)
    assert (len(parts_of(both)), WINDOW_OF_COLOURS in both["Warning"]) == (2, True)
    assert "Warning" not in ana.get(f"{study}/series/2.25.78/instances/2.25.80/rendered?{window}")


def test_many_frames_are_parts_or_a_moving_picture(cast: Cast, dicom_storage: Any) -> None:
    frames = [VALUES + number for number in range(3)]
    take_in(cast.ct, [grey(NumberOfFrames=3, PixelData=b"".join(each.tobytes() for each in frames))])
    url = f"{root_of(cast.ct)}/studies/2.25.77/series/2.25.78/instances/2.25.79"
    ana = client_of(cast.ana)

    parts = parts_of(ana.get(f"{url}/rendered", headers={"Accept": "multipart/related; type=image/png"}))
    moving = Image.open(io.BytesIO(body_of(ana.get(f"{url}/rendered", headers={"Accept": "image/gif"}))))
    some = parts_of(
        ana.get(f"{url}/frames/3,1/rendered", headers={"Accept": "multipart/related; type=image/png"})
    )

    assert [each["content-location"].partition("/frames/")[2] for each, _data in parts] == [
        f"{number}/rendered" for number in (1, 2, 3)
    ]
    assert [data for _each, data in some] == [parts[2][1], parts[0][1]]
    assert moving.n_frames == 3
    assert ana.get(f"{url}/rendered", headers={"Accept": "image/jpeg"}).status_code == 406
    assert ana.get(f"{url}/frames/2/rendered", headers={"Accept": "image/jpeg"}).status_code == 200
    assert ana.get(f"{url}/frames/4/rendered").status_code == 404


def test_a_study_is_a_picture_for_each_image_and_says_what_has_none(cast: Cast, dicom_storage: Any) -> None:
    files = [grey(SOPInstanceUID=f"2.25.9{number}", InstanceNumber=number) for number in (1, 2, 3)]
    take_in(cast.ct, files)
    instance = Instance.objects.get(sop_instance_uid="2.25.92")
    Blob.objects.filter(pk=instance.blob_id).update(preview="failed", preview_note="It holds no image data.")
    ana = client_of(cast.ana)
    root = f"{root_of(cast.ct)}/studies/2.25.77"

    for url in (root, f"{root}/series/2.25.78"):
        answer = ana.get(f"{url}/rendered")
        assert (answer.status_code, "no picture" in answer["Warning"]) == (206, True)
        assert [each["content-type"] for each, _data in parts_of(answer)] == ["image/jpeg"] * 2
        assert ana.get(f"{url}/rendered", headers={"Accept": "image/jpeg"}).status_code == 406
        assert ana.get(f"{url}/thumbnail").status_code == 200
    refused = ana.get(f"{root}/series/2.25.78/instances/2.25.92/rendered")
    assert (refused.status_code, refused.content.decode()) == (406, "It holds no image data.\n")
    assert ana.get(f"{root}/series/2.25.78/instances/2.25.92/thumbnail").status_code == 406


def test_what_cannot_be_trusted_is_not_rendered_before_the_worker_has_seen_it_either(
    cast: Cast, dicom_storage: Any
) -> None:
    take_in(cast.ct, [grey(PhotometricInterpretation="NONSENSE")])

    answer = client_of(cast.ana).get(
        f"{root_of(cast.ct)}/studies/2.25.77/series/2.25.78/instances/2.25.79/rendered"
    )

    assert answer.status_code == 406
    assert b"Photometric Interpretation" in answer.content


def test_a_picture_is_compared_sent_in_ranges_and_costs_nothing_to_ask_for(
    cast: Cast, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = client_of(cast.ana)
    for rest in ("/rendered", "/thumbnail"):
        first = ana.get(f"{image}{rest}")
        part = ana.get(f"{image}{rest}", headers={"Range": "bytes=2-5"})
        assert (part.status_code, body_of(part)) == (206, body_of(first)[2:6])
        assert ana.head(f"{image}{rest}")["ETag"] == first["ETag"]
        other = ana.get(f"{image}{rest}?viewport=5,5")
        assert other["ETag"] != first["ETag"]
        with monkeypatch.context() as patched:
            patched.setattr(rendering._renderer, "ask", None)
            again = ana.get(f"{image}{rest}", headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_thumbnails_are_small_and_come_from_the_workers_picture(
    cast: Cast, dicom_storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = 300
    data = np.resize(VALUES, (side, side)).astype("<u2").tobytes()
    take_in(cast.ct, [grey(Rows=side, Columns=side, PixelData=data)])
    url = f"{root_of(cast.ct)}/studies/2.25.77/thumbnail"
    ana = client_of(cast.ana)

    before = Image.open(io.BytesIO(body_of(ana.get(url))))
    render_waiting()
    after = Image.open(io.BytesIO(body_of(ana.get(url))))
    larger = Image.open(io.BytesIO(body_of(ana.get(f"{url}?viewport=200,250"))))

    assert (before.size, after.size, larger.size) == ((160, 160), (160, 160), (200, 200))


def test_when_too_many_wait_the_next_is_told_to_come_again(
    cast: Cast, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = [rendering._places.acquire(blocking=False) for _ in range(rendering.MOST_WAITING)]
    try:
        answer = client_of(cast.ana).get(f"{image}/rendered")
    finally:
        for _ in taken:
            rendering._places.release()

    assert all(taken)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_an_image_that_takes_too_long_is_given_up(
    cast: Cast, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering._renderer, "_seconds", 0.0)

    answer = client_of(cast.ana).get(f"{image}/rendered")

    assert answer.status_code == 503
    assert rendering._renderer._child is None


def test_a_lost_file_is_nothing_and_a_child_that_dies_is_a_refusal(
    cast: Cast, image: str, dicom_storage: Any
) -> None:
    ana = client_of(cast.ana)
    assert ana.get(f"{image}/rendered").status_code == 200
    child = rendering._renderer._child
    assert child is not None
    child.kill()
    child.wait()
    assert ana.get(f"{image}/rendered").status_code == 200
    storages["dicom"].delete(Blob.objects.get().key)

    assert ana.get(f"{image}/rendered").status_code == 404
    with pytest.raises(services.CannotMake):
        services.make(key=_broken(), kind="view", media_type="image/png", frames=(1,))


def _broken() -> str:
    from django.core.files.base import ContentFile

    return storages["dicom"].save("ab/cd/broken.dcm", ContentFile(b"no image"))
