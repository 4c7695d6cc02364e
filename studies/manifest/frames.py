"""What an instance says of each of its frames: where it lies, how far its pixels are apart, what its values mean."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studies.manifest.attributes import NOTHING, Attributes
from studies.manifest.regions import regions_of

CT_IMAGES = frozenset({"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1"})
FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
# In the order in which they are asked; the second and the third are lengths in the plane of the detector or the film.
SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
# Windows that a person can choose among.
MOST_WINDOWS = 8
# Of compressions that lost something, one after the other.
MOST_RATIOS = 3


@dataclass(frozen=True)
class Frame:
    """`fixed` is what frames of a group have in common, as JSON; the rest may differ from frame to frame."""

    fixed: str
    position: tuple[float, float, float] | None = None
    rescale: tuple[float, float] = (1.0, 0.0)
    windows: tuple[tuple[float, float, str], ...] = ()
    # Of grey values for the eye (VOI LUT).
    has_table: bool = False


def frames_of(model: Mapping[str, Any], number: int) -> list[Frame]:
    """As many as there are; of an object without functional groups they are all alike."""
    ds = Attributes(model)
    each = ds.items("PerFrameFunctionalGroupsSequence")
    shared = ds.item("SharedFunctionalGroupsSequence")
    general = _general(ds)
    if not each:
        return [_frame(_Macros(ds, NOTHING, shared), general)] * number
    each = [*each[:number], *[NOTHING] * (number - len(each))]
    return [_frame(_Macros(ds, own, shared), general) for own in each]


@dataclass(frozen=True)
class _Macros:
    """Where a frame has a macro: in its own functional groups, in the shared ones, or in the object itself."""

    ds: Attributes
    own: Attributes
    shared: Attributes

    def having(self, keyword: str, macro: str) -> Attributes:
        for group in (self.own, self.shared):
            if (item := group.item(macro)).has(keyword):
                return item
        return self.ds


def _general(ds: Attributes) -> dict[str, Any]:
    """What all frames of an instance have in common."""
    times = ds.number("FrameTime")
    rate = ds.number("RecommendedDisplayFrameRate") or ds.number("CineRate")
    if not times and rate and rate > 0:
        times = 1000 / rate
    uid = ds.text("FrameOfReferenceUID")
    return {
        "regions": regions_of(ds),
        # Short, and equal where the frames of reference are the same.
        "frame_of_reference": hashlib.sha256(uid.encode()).hexdigest()[:10] if uid else "",
        "frame_time": round(times, 3) if times and times > 0 else None,
        "lossy": ds.numbers("LossyImageCompressionRatio")[:MOST_RATIOS]
        if ds.text("LossyImageCompression") == "01"
        else None,
        "laterality": ds.text("ImageLaterality") or ds.text("Laterality"),
        "view": _view(ds),
    }


def _view(ds: Attributes) -> str:
    """Of a mammogram or another projection: MLO, CC, AP, …"""
    return ds.text("ViewPosition") or ds.item("ViewCodeSequence").text("CodeMeaning")


def _frame(macros: _Macros, general: dict[str, Any]) -> Frame:
    plane = macros.having("ImageOrientationPatient", "PlaneOrientationSequence")
    orientation = plane.numbers("ImageOrientationPatient", of=6)
    at = macros.having("ImagePositionPatient", "PlanePositionSequence").numbers("ImagePositionPatient", of=3)
    values = macros.having("RescaleSlope", "PixelValueTransformationSequence")
    fixed = {
        **general,
        **_spacing(macros),
        **_meaning(macros, values),
        "orientation": [round(each, 6) for each in orientation] or None,
    }
    voi = macros.having("WindowCenter", "FrameVOILUTSequence")
    function = voi.text("VOILUTFunction").upper()
    has_table = bool(macros.having("VOILUTSequence", "FrameVOILUTSequence").items("VOILUTSequence"))
    fixed["voi_function"] = function if function in FUNCTIONS else "LINEAR"
    slope, intercept = values.number("RescaleSlope"), values.number("RescaleIntercept")
    return Frame(
        json.dumps(fixed, sort_keys=True),
        (at[0], at[1], at[2]) if at else None,
        (1.0 if slope is None else slope, intercept or 0.0),
        _windows(voi, fixed["voi_function"]),
        has_table,
    )


def _spacing(macros: _Macros) -> dict[str, Any]:
    """Row and column distance in mm, and by which attribute; none where no length may be measured."""
    measures = macros.having("PixelSpacing", "PixelMeasuresSequence")
    thickness = macros.having("SliceThickness", "PixelMeasuresSequence").number("SliceThickness")
    spacing, kind = None, None
    for keyword in SPACINGS:
        read = (measures if keyword == "PixelSpacing" else macros.ds).numbers(keyword, of=2)
        if read and min(read) > 0:
            spacing, kind = read, keyword
            break
    magnification = macros.ds.number("EstimatedRadiographicMagnificationFactor")
    aspect = macros.ds.numbers("PixelAspectRatio", of=2)
    return {
        "spacing": spacing,
        "spacing_kind": kind,
        # By how much an object is larger at the detector; the spacing is as the file says.
        "magnification": magnification if magnification and kind == "ImagerPixelSpacing" else None,
        "aspect": aspect if aspect and not spacing and min(aspect) > 0 else None,
        "thickness": thickness if thickness and thickness > 0 else None,
    }


def _meaning(macros: _Macros, values: Attributes) -> dict[str, Any]:
    kind = values.text("RescaleType")
    unit = kind if kind not in ("", "US") else ""
    if not unit and not kind:
        unit = "HU" if macros.ds.text("SOPClassUID") in CT_IMAGES and _is_measured(macros.ds) else ""
        unit = unit or macros.ds.text("Units")
    return {"unit": unit, "rescale_type": kind}


def _is_measured(ds: Attributes) -> bool:
    """Values of a localizer are no Hounsfield units."""
    return "LOCALIZER" not in ds.texts("ImageType") and ds.has("RescaleIntercept")


def _windows(voi: Attributes, function: str) -> tuple[tuple[float, float, str], ...]:
    """Those that can be used, each with its explanation."""
    centers, widths = voi.each_number("WindowCenter"), voi.each_number("WindowWidth")
    names = voi.texts("WindowCenterWidthExplanation")
    names += [""] * (len(centers) - len(names))
    read = []
    for center, width, name in zip(centers, widths, names, strict=False):
        if center is not None and width is not None and width > 0 and (width >= 1 or function != "LINEAR"):
            read.append((center, width, name))
    return tuple(read[:MOST_WINDOWS])
