"""What the viewer gets of a presentation state: shapes in the image's own points; what is left out has a name."""

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from studies.beside.drawings import MOST_SHAPES, Area, curve
from studies.beside.states import State, state_of


def of(**values: Any) -> Dataset:
    made = Dataset()
    for word, value in values.items():
        setattr(made, word, Sequence(value) if word.endswith("Sequence") else value)
    return made


def line(kind: str, data: list[float], *, units: str = "PIXEL", filled: str = "N") -> Dataset:
    return of(
        GraphicAnnotationUnits=units, GraphicDimensions=2, NumberOfGraphicPoints=len(data) // 2, GraphicData=data,
        GraphicType=kind, GraphicFilled=filled,
    )  # fmt: skip


def area(left: int, top: int, right: int, bottom: int, mode: str = "SCALE TO FIT") -> Dataset:
    return of(
        DisplayedAreaTopLeftHandCorner=[left, top],
        DisplayedAreaBottomRightHandCorner=[right, bottom],
        PresentationSizeMode=mode,
    )


def drawn(*graphics: Dataset, texts: tuple[Dataset, ...] = (), **state: Any) -> State:
    annotation = of(GraphicLayer="A", GraphicObjectSequence=list(graphics), TextObjectSequence=list(texts))
    return state_of(of(GraphicAnnotationSequence=[annotation], **state).to_json_dict())


def shapes(state: State) -> list[dict[str, Any]]:
    return [shape for part in state.drawings for shape in part.value]


def test_shapes_are_in_points_of_the_image() -> None:
    state = drawn(
        line("POINT", [3, 4]),
        line("POLYLINE", [0, 0, 9, 0, 9, 9, 0, 0], filled="Y"),
        line("POLYLINE", [0, 0, 9, 0], filled="Y"),
        line("CIRCLE", [10, 20, 13, 24]),
        line("ELLIPSE", [0, 10, 20, 10, 10, 5, 10, 15]),
    )

    assert shapes(state) == [
        {"point": [3, 4]},
        {"line": [[0, 0], [9, 0], [9, 9], [0, 0]], "filled": True},
        {"line": [[0, 0], [9, 0]], "filled": False},
        {"ring": [[10, 20], [3, 4], None], "filled": False},
        {"ring": [[10, 10], [-10, 0], [0, -5]], "filled": False},
    ]
    assert state.changes == []
    assert state.n_drawings == 5


@pytest.mark.parametrize("is_flipped", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_place_on_the_screen_is_the_point_of_the_image_that_lies_there(turn: int, is_flipped: bool) -> None:
    """Turned clockwise by hand: a corner of the screen has the corner of the image that comes to lie there."""
    corners = ["top left", "top right", "bottom right", "bottom left"]
    at = {"top left": [10, 20], "top right": [30, 20], "bottom right": [30, 60], "bottom left": [10, 60]}
    shown = Area([11, 21, 30, 60], turn=turn, is_flipped=is_flipped)
    # After a quarter clockwise the bottom left corner of the image is at the top left of the screen.
    order = corners[-turn // 90 :] + corners[: -turn // 90] if turn else corners
    if is_flipped:
        order = [order[1], order[0], order[3], order[2]]

    seen = [shown.point(x, y) for x, y in [(0, 0), (1, 0), (1, 1), (0, 1)]]

    assert seen == [at[corner] for corner in order]


def test_what_lies_in_parts_of_the_shown_area_is_drawn_where_there_is_a_single_area() -> None:
    half = line("POLYLINE", [0, 0, 0.5, 1], units="DISPLAY")

    with_area = drawn(half, DisplayedAreaSelectionSequence=[area(1, 1, 100, 50)])
    without = drawn(half)

    assert shapes(with_area) == [{"line": [[0, 0], [50, 50]], "filled": False}]
    assert shapes(without) == []
    assert without.changes == ["Some of the drawings and texts"]


def test_a_curve_goes_through_its_points() -> None:
    points = [[0.0, 0.0], [10.0, 5.0], [20.0, 0.0], [0.0, 0.0]]

    line_of = curve(points)

    assert [each for each in points if each not in line_of] == []
    assert len(line_of) == 25


def test_a_text_has_its_box_or_its_anchor() -> None:
    boxed = of(
        BoundingBoxAnnotationUnits="PIXEL", BoundingBoxTopLeftHandCorner=[1, 2],
        BoundingBoxBottomRightHandCorner=[9, 8],
        BoundingBoxTextHorizontalJustification="CENTER", UnformattedTextValue="Nodule\r\n12 mm",
        AnchorPointAnnotationUnits="PIXEL", AnchorPoint=[5, 30], AnchorPointVisibility="Y",
    )  # fmt: skip
    anchored = of(AnchorPointAnnotationUnits="PIXEL", AnchorPoint=[5, 6], UnformattedTextValue="L")
    nowhere = of(UnformattedTextValue="?")

    state = drawn(texts=(boxed, anchored, nowhere))

    assert shapes(state) == [
        {
            "text": "Nodule\n12 mm",
            "box": [[1, 2], [9, 8]],
            "anchor": [5, 30],
            "is_led": True,
            "align": "middle",
        },
        {"text": "L", "box": None, "anchor": [5, 6], "is_led": False, "align": "start"},
    ]
    assert state.changes == ["Some of the drawings and texts"]


def test_layers_are_drawn_in_their_order() -> None:
    annotations = [
        of(GraphicLayer=name, GraphicObjectSequence=[line("POINT", [at, at])])
        for name, at in (("B", 2), ("A", 1))
    ]
    layers = [of(GraphicLayer="A", GraphicLayerOrder=1), of(GraphicLayer="B", GraphicLayerOrder=2)]

    state = state_of(of(GraphicAnnotationSequence=annotations, GraphicLayerSequence=layers).to_json_dict())

    assert shapes(state) == [{"point": [1, 1]}, {"point": [2, 2]}]


def test_more_drawings_than_the_viewer_takes_are_named() -> None:
    state = drawn(*[line("POINT", [1, 1])] * (MOST_SHAPES + 1))

    assert state.n_drawings == MOST_SHAPES
    assert state.changes == ["Some of the drawings and texts"]


def test_a_shutter_leaves_the_inside_of_its_forms() -> None:
    model = of(
        ShutterShape=["RECTANGULAR", "CIRCULAR", "POLYGONAL"], ShutterLeftVerticalEdge=11, ShutterRightVerticalEdge=20,
        ShutterUpperHorizontalEdge=31, ShutterLowerHorizontalEdge=40, CenterOfCircularShutter=[50, 60],
        RadiusOfCircularShutter=7, VerticesOfThePolygonalShutter=[1, 2, 1, 9, 8, 9], ShutterPresentationValue=65535,
    ).to_json_dict()  # fmt: skip

    state = state_of(model)

    assert state.shutter == {
        "shapes": [
            {"line": [[10, 30], [20, 30], [20, 40], [10, 40], [10, 30]]},
            {"ring": [[59.5, 49.5], [7, 0.0], None]},
            {"line": [[1.5, 0.5], [8.5, 0.5], [8.5, 7.5], [1.5, 0.5]]},
        ],
        "grey": 255,
    }
    assert state.changes == []


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"ShutterShape": "BITMAP"}, "Shutter"),
        ({"ImageRotation": 45}, "Rotation"),
        ({"DisplayedAreaSelectionSequence": [area(1, 1, 9, 9, "TRUE SIZE")]}, "Magnification"),
        ({"SoftcopyVOILUTSequence": [of(VOILUTSequence=[Dataset()])]}, "Table of values"),
        ({"ModalityLUTSequence": [Dataset()]}, "Conversion of values"),
        ({"PresentationLUTSequence": [Dataset()]}, "Table of grey values"),
        ({"MaskSubtractionSequence": [Dataset()]}, "Subtraction of a mask"),
        (
            {"GraphicLayerSequence": [of(GraphicLayerRecommendedDisplayGrayscaleValue=9)]},
            "Colours of the drawings",
        ),
        ({"GraphicAnnotationSequence": [of(CompoundGraphicSequence=[Dataset()])]}, "Compound drawings"),
    ],
)
def test_what_is_not_applied_is_named(values: dict[str, Any], named: str) -> None:
    assert state_of(of(**values).to_json_dict()).changes == [named]


def test_windows_and_areas_are_for_the_images_that_they_name() -> None:
    image = of(ReferencedSOPClassUID="1.2", ReferencedSOPInstanceUID="1.2.3", ReferencedFrameNumber=[2, 4])
    window = of(WindowCenter=40, WindowWidth=400, VOILUTFunction="SIGMOID", ReferencedImageSequence=[image])

    state = state_of(
        of(
            SoftcopyVOILUTSequence=[window], DisplayedAreaSelectionSequence=[area(11, 21, 30, 60)],
            PresentationLUTShape="INVERSE",
        ).to_json_dict()
    )  # fmt: skip

    assert (state.windows[0].places, state.windows[0].value) == ([("1.2.3", [2, 4])], (40, 400, "SIGMOID"))
    assert (state.areas[0].places, state.areas[0].value) == (None, [[10, 20], [30, 60]])
    assert (state.is_inverted, state.changes) == (True, [])


@pytest.mark.parametrize(
    ("named", "window"), [(["1.2.3"], None), (["1.2.3", "1.2.4"], (40, 400)), (None, (40, 400))]
)
def test_a_window_is_that_of_the_state_where_it_is_for_all_its_images(
    named: list[str] | None, window: tuple[int, int] | None
) -> None:
    images = [of(ReferencedSOPInstanceUID=uid) for uid in ("1.2.3", "1.2.4")]
    series = of(ReferencedImageSequence=images)
    item = of(WindowCenter=40, WindowWidth=400)
    if named is not None:
        item.ReferencedImageSequence = Sequence([of(ReferencedSOPInstanceUID=uid) for uid in named])

    state = state_of(of(SoftcopyVOILUTSequence=[item], ReferencedSeriesSequence=[series]).to_json_dict())

    assert state.window == window
