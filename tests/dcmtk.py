"""The same frames as DCMTK, which nobody here wrote, shows them."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file

needs_dcmtk = pytest.mark.skipif(
    shutil.which("dcmj2pnm") is None, reason="DCMTK (Debian's dcmtk) is not installed here."
)

# One frame of each modality and kind of pixel, and how DCMTK is asked for the same window: `+Wi 1` the first one in the
# file, `+Wl 1` the first table, `+Wm` least to greatest, nothing for colours. What DCMTK 3.6 does not do by itself, an
# enhanced object's own window and least to greatest over all frames, is worked out here and handed to it (`+Ww`).
DCMTK = {
    "CT": ("693_UNCR.dcm", 1, ["+Wi", "1"]),
    "CT without a window": ("CT_small.dcm", 1, ["+Wm"]),
    "CT, JPEG lossless": ("bad_sequence.dcm", 1, ["+Wi", "1"]),
    "enhanced CT": ("eCT_Supplemental.dcm", 2, []),
    "MR": ("MR2_UNCR.dcm", 1, ["+Wi", "1"]),
    "MR, small": ("MR_small.dcm", 1, ["+Wi", "1"]),
    "MR, RLE": ("MR_small_RLE.dcm", 1, ["+Wi", "1"]),
    "MR with overlays": ("MR-SIEMENS-DICOM-WithOverlays.dcm", 1, ["+Wi", "1"]),
    "enhanced MR without a window": ("emri_small.dcm", 6, ["all frames"]),
    "CR, MONOCHROME1": ("RG1_UNCR.dcm", 1, ["+Wi", "1"]),
    "CR, leg": ("RG3_UNCR.dcm", 1, ["+Wi", "1"]),
    "US, RGB": ("US1_UNCR.dcm", 1, []),
    "US, grey": ("JPGLosslessP14SV1_1s_1f_8b.dcm", 1, ["+Wi", "1"]),
    "US, YBR cine": ("examples_ybr_color.dcm", 16, []),
    "US, JPEG cine": ("color3d_jpeg_baseline.dcm", 61, []),
    "US, palette": ("OBXXXX1A.dcm", 1, []),
    "US, big endian": ("ExplVR_BigEnd.dcm", 1, []),
    "NM": ("JPEG2000_UNC.dcm", 1, ["+Wm"]),
    "NM, JPEG lossless": ("JPEG-LL.dcm", 1, ["+Wm"]),
    "RTDOSE": ("rtdose.dcm", 8, ["all frames"]),
    "SEG": ("liver.dcm", 2, ["+Wm"]),
    "OT, modality table": ("mlut_18.dcm", 1, ["+Wm"]),
    "OT, VOI table": ("vlut_04.dcm", 1, ["+Wl", "1"]),
    "OT, deflated": ("image_dfl.dcm", 1, ["+Wm"]),
    "SC, RGB": ("SC_rgb.dcm", 1, []),
    "SC, RGB 16 bits": ("SC_rgb_16bit.dcm", 1, []),
    "SC, YBR_FULL": ("SC_ybr_full_uncompressed.dcm", 1, []),
    "SC, YBR_FULL_422": ("SC_ybr_full_422_uncompressed.dcm", 1, []),
    "SC, JPEG": ("SC_rgb_jpeg_dcmtk.dcm", 1, []),
}


def dcmtk_picture(kind: str, folder: Path) -> Image.Image:
    name, frame, window = DCMTK[kind]
    path, picture = Path(str(get_testdata_file(name))), folder / "dcmtk.png"
    asked = [
        "dcmj2pnm",
        "+on",
        "-S",
        "+F",
        str(frame),
        *dcmtk_window(window, path, frame),
        path,
        picture,
    ]
    subprocess.run(asked, check=True, capture_output=True)
    return Image.open(picture)


def dcmtk_window(asked: list[str], path: Path, frame: int) -> list[str]:
    ds = dcmread(path)
    if asked == ["all frames"]:
        least, greatest = int(ds.pixel_array.min()), int(ds.pixel_array.max())
        # The linear function of the standard with half a value and one value more is the exact one.
        return ["-M", "+Ww", str((least + greatest + 1) / 2), str(greatest - least + 1)]
    if "PerFrameFunctionalGroupsSequence" not in ds or asked:
        return asked
    groups = [ds.PerFrameFunctionalGroupsSequence[frame - 1], ds.SharedFunctionalGroupsSequence[0]]
    window = next(group.FrameVOILUTSequence[0] for group in groups if "FrameVOILUTSequence" in group)
    rescale = next(
        group.PixelValueTransformationSequence[0]
        for group in groups
        if "PixelValueTransformationSequence" in group
    )
    slope, intercept = float(rescale.RescaleSlope), float(rescale.RescaleIntercept)
    center, width = (float(np.atleast_1d(window[word].value)[0]) for word in ("WindowCenter", "WindowWidth"))
    return ["-M", "+Ww", str((center - intercept) / slope), str(width / slope)]
