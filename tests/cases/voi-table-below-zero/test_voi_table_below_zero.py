"""Hounsfield values and a VOI table in implicit VR."""

from pathlib import Path

import numpy as np

from studies.pixels import pictures

HERE = Path(__file__).parent


def test_the_first_value_of_a_voi_table_is_signed_where_the_values_are() -> None:
    stored = np.arange(256).reshape(16, 16) * 16 // 2
    expected = np.clip((np.clip(stored, 0, 2047) - 900) / 3, 0, 255)

    [picture] = pictures(HERE / "implicit.dcm")

    assert np.abs(np.asarray(picture).astype(int) - expected).max() <= 2
