"""Regions of an ultrasound image, each with units of its own (PS3.3 C.8.5.5)."""

from typing import Any

from studies.manifest.attributes import Attributes

UNITS = {0: "", 1: "%", 2: "dB", 3: "cm", 4: "s", 5: "Hz", 6: "dB/s", 7: "cm/s", 8: "cm2", 9: "cm2/s", 10: "cm3",
         11: "cm3/s", 12: "deg"}  # fmt: skip
CORNERS = ("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1")
MOST = 16


def regions_of(ds: Attributes) -> list[dict[str, Any]]:
    """Each with its corners in pixels, and how much a pixel is across and down, in which units.

    Its spatial format and the type of its data are the numbers of the standard.
    """
    read = [_region(item) for item in ds.items("SequenceOfUltrasoundRegions")[:MOST]]
    return [region for region in read if region is not None]


def _region(item: Attributes) -> dict[str, Any] | None:
    corners = [item.number(keyword) for keyword in CORNERS]
    across, down = item.number("PhysicalDeltaX"), item.number("PhysicalDeltaY")
    if any(corner is None for corner in corners) or not across or not down:
        return None
    region: dict[str, Any] = {
        "box": [int(corner) for corner in corners if corner is not None],
        "delta": [across, down],
        "units": [_unit(item, "PhysicalUnitsXDirection"), _unit(item, "PhysicalUnitsYDirection")],
        "spatial": item.number("RegionSpatialFormat"),
        "data": item.number("RegionDataType"),
    }
    at = [item.number("ReferencePixelX0"), item.number("ReferencePixelY0")]
    if None not in at:
        # From the corner of the region, where values are nought or as said.
        region["zero"] = at
        value = [item.number("ReferencePixelPhysicalValueX"), item.number("ReferencePixelPhysicalValueY")]
        region["value"] = value if None not in value else [0, 0]
    return region


def _unit(item: Attributes, keyword: str) -> str:
    number = item.number(keyword)
    return UNITS.get(int(number), "") if number is not None else ""
