"""One study from its upload to its recipients, by every method, as people do it."""

import io
import json
import re
import time
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from tests.containers import steps
from tests.containers.engine import Failed
from tests.containers.installation import Installation
from tests.containers.people import Person

SHARER, RECIPIENT, INVITED = (
    "wei-ling.tan@southmere.example",
    "miguel.santoro@riverside.example",
    "kit.oduya@seaviewphysio.example",
)
CODE = "RVSPORT"
# People of the demo, for a hospital and a clinic that the manual's commands have not made.
PEOPLE = """
import json, django; django.setup()
from cimar.demo import directory
kept = [one for one in directory.ACCOUNTS if one.name != "Northgate Hospital"]
names = {one.name for one in kept}
directory.ACCOUNTS = kept
directory.PEOPLE = [
    one for one in directory.PEOPLE if one.memberships and {each.account for each in one.memberships} <= names
]
made = directory.DemoDirectory()
made.fill(directory.Loaded())
at = {name: str(worklist.uuid) for (_, name), worklist in made._places.items()}
print(json.dumps({**at, "physician": str(made.people["zoe.lambert@southmere.example"].uuid)}))
"""
PASSWORD = "demo reading room"  # of the demo
PATIENCE = 90  # seconds


def five_methods(installation: Installation) -> None:
    """A location, a group, a physician, a share code and an email; two of the recipients look."""
    at = people(installation)
    sharer = steps.sign_in(installation, SHARER, PASSWORD)
    study = upload(sharer, at["Radiology"])
    sharer.get(f"/share/?placement={study}")
    _, values = sharer.page.form("press")
    values |= {"placement": study, "location": at["Stroke Unit"], "group": at["Neurosurgery Referrals"]}
    sharer.post("/share/studies/", {**values, "physician": at["physician"], "code": CODE, "email": INVITED})
    if "What was shared" not in sharer.page.text or "refused" in sharer.page.words.casefold():
        raise Failed(f"not everything was shared: {sharer.page.words[:1500]}")
    for email, worklist in (
        (RECIPIENT, "Sports Injuries"),
        ("lars.nystrom@southmere.example", "Stroke Unit"),
    ):
        sees_the_image(steps.sign_in(installation, email, PASSWORD), at[worklist])
    # Last: it leaves only when the press can no longer be undone.
    installation.mails.link(INVITED)


def people(installation: Installation) -> dict[str, str]:
    """The ids of the demo's worklists by their names, and of a physician; made once in an installation."""
    kept = installation.folder / "people.json"
    if not kept.exists():
        said = installation.shell(f"docker compose exec -T worker python -c '{PEOPLE}'")
        kept.write_text(said.splitlines()[-1])
    return dict(json.loads(kept.read_text()))


def upload(person: Person, worklist: str, **values: Any) -> str:
    """A small picture; the id of its placement, once it is on the worklist."""
    before = placements(person, worklist, fewest=0)
    person.get(f"/worklists/{worklist}/upload/")
    person.upload("picture.dcm", picture(**values))
    (placement,) = set(placements(person, worklist, fewest=len(before) + 1)) - set(before)
    return placement


def sees_the_image(person: Person, worklist: str) -> None:
    placement = placements(person, worklist)[0]
    page = person.get(f"/placements/{placement}/")
    pictures = re.findall(r'<img\b[^>]*\bsrc="([^"]+)"', page.text.partition("<main")[2])
    shown = [person.get(url) for url in pictures[:1]]
    if not shown or not shown[0].kind.startswith("image/"):
        raise Failed(f"{page.url} shows no picture: {page.words[:600]}")


def placements(person: Person, worklist: str, fewest: int = 1) -> list[str]:
    """Of the studies on a worklist's first page, waited for."""
    until = time.monotonic() + PATIENCE
    while True:
        person.get(f"/worklists/{worklist}/studies/")
        listed = re.findall(r'href="/placements/([0-9a-f-]{36})/', person.page.text)
        if len(found := list(dict.fromkeys(listed))) >= fewest:
            return found
        if time.monotonic() > until:
            raise Failed(f"no study came to the worklist within {PATIENCE} s: {person.page.words[:600]}")
        time.sleep(1)


def picture(**values: Any) -> bytes:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.PatientName, ds.PatientID, ds.Modality = "Quill^Hazel", "MRN000117", "OT"  # made up
    ds.StudyDate, ds.StudyDescription, ds.SeriesNumber, ds.InstanceNumber = "20261120", "Test picture", 1, 1
    ds.Rows = ds.Columns = 64
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelData = np.arange(64 * 64, dtype="<u2").tobytes()
    for word, value in values.items():
        setattr(ds, word, value)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID, meta.ImplementationClassUID = ExplicitVRLittleEndian, "2.25.1"
    ds.file_meta = meta
    out = io.BytesIO()
    dcmwrite(out, ds, enforce_file_format=True)
    return out.getvalue()
