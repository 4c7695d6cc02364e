"""Pictures, bulk data and decoded objects by dicomweb-client: pictures.py URL TOKEN FILE…

Prints what is not as it should be. Run by the Python of an environment of dicomweb-client.
"""

import io
import json
import sys
from collections import Counter

import numpy as np
import pydicom
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session
from PIL import Image

URL, TOKEN, *FILES = sys.argv[1:]
LITTLE = "1.2.840.10008.1.2.1"
web = DICOMwebClient(url=URL, session=create_session(), headers={"Authorization": f"Bearer {TOKEN}"})


def bulk(model):
    for element in model.values():
        if "BulkDataURI" in element:
            yield element["BulkDataURI"]
        for item in element.get("Value", []) if element["vr"] == "SQ" else ():
            yield from bulk(item)


def check(file, wrong):
    ds = pydicom.dcmread(file)
    which = (ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
    done = 0
    for media_type, kind in (("image/png", "PNG"), ("image/jpeg", "JPEG"), ("image/gif", "GIF")):
        small = {"viewport": "32,32", "window": "40,400,linear"}
        pictures = [
            web.retrieve_instance_frames_rendered(*which, [1], media_types=(media_type,)),
            web.retrieve_instance_frames_rendered(*which, [1], media_types=(media_type,), params=small),
        ]
        if "NumberOfFrames" not in ds:
            pictures.append(web.retrieve_instance_rendered(*which, media_types=(media_type,)))
            pictures.append(web.retrieve_series_rendered(*which[:2], media_types=(media_type,)))
        for number, data in enumerate(pictures):
            picture = Image.open(io.BytesIO(data))
            size = (32, 32) if number == 1 else (ds.Columns, ds.Rows)
            if picture.format != kind or (number == 1 and max(picture.size) > 32):
                wrong[f"{media_type}: {picture.format} {picture.size}"] += 1
            elif number != 1 and picture.size != size:
                wrong[f"{media_type}: {picture.size} not {size}"] += 1
            done += 1
    for url in bulk(web.retrieve_instance_metadata(*which)):
        parts = web.retrieve_bulkdata(url)
        pieces = list(web.iter_bulkdata(url))
        if parts != pieces:
            wrong["bulk data, part by part"] += 1
        if url.endswith("/7FE00010") and not ds.file_meta.TransferSyntaxUID.is_encapsulated:
            some = web.retrieve_bulkdata(url, byte_range=(4, 19))
            if parts != [ds.PixelData] or b"".join(some) not in (ds.PixelData, ds.PixelData[4:20]):
                wrong["bulk data"] += 1
        done += 2
    written = web.retrieve_instance(*which, media_types=(("application/dicom", LITTLE),))
    if written.file_meta.TransferSyntaxUID != LITTLE or not np.array_equal(
        written.pixel_array, ds.pixel_array
    ):
        wrong["an object in Explicit VR Little Endian"] += 1
    return done + 1


wrong, done = Counter(), 0
for file in FILES:
    try:
        done += check(file, wrong)
    except Exception as error:
        wrong[f"{file.rpartition('/')[2]}: {type(error).__name__} {error}"[:200]] += 1
print(json.dumps({"done": done, "wrong": wrong}))
