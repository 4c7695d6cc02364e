"""A SMART Health Link opened by an app's own library, unmodified from npm, and its images by its own endpoint."""

import base64
import json
from typing import Any

import pytest
import requests

from sharing.models import GuestLink
from sharing.selectors.shlinks import shlink_of
from sharing.services import make_guest_link
from studies.models import Study
from tests.bad_files import dicom_storage
from tests.cast import Cast, acting
from tests.clients.environments import SCRIPTS, node_folder, run
from tests.factories import placement_of
from tests.studies import beside_files

__all__ = ["dicom_storage"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.usefixtures("dicom_storage"),
]
PASSWORD = "violet-42"


@pytest.fixture
def study(cast: Cast) -> Study:
    image, _document = beside_files.taken_in(
        cast, beside_files.an_image("1.2.826.0.1.3680043.8.498.1"), beside_files.document()
    )
    return image.study


def opened(link: GuestLink, *passcode: str) -> Any:
    packages, node = node_folder("kill-the-clipboard")
    done = run([node, SCRIPTS / "shlink.cjs", shlink_of(link), *passcode], folder=packages)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_kill_the_clipboard_opens_the_link_and_its_endpoint_gives_the_images(
    cast: Cast, study: Study, live_server: Any, settings: Any
) -> None:
    settings.CIMAR_BASE_URL = live_server.url
    link = make_guest_link(
        placements=[placement_of(study, cast.ct).uuid],
        by=acting(cast.ana),
        password=PASSWORD,
        most_openings=1,
    )

    wrong, right, again = (opened(link, word) for word in ("not it", PASSWORD, PASSWORD))

    assert wrong["error"] == "SHLInvalidPasscodeError"
    assert (right["label"], right["flag"]) == ("Medical images from Northgate Hospital", "P")
    bundle, document = right["resources"]
    found = {entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]}
    attachment = document["content"][0]["attachment"]
    assert base64.b64decode(attachment["data"]) == beside_files.PDF
    endpoint, uid = found["Endpoint"], study.study_instance_uid
    assert found["ImagingStudy"]["identifier"][0]["value"] == f"urn:oid:{uid}"
    name, _colon, value = endpoint["header"][0].partition(": ")
    answer = requests.get(f"{endpoint['address']}/studies/{uid}/metadata", headers={name: value}, timeout=30)
    assert (answer.status_code, len(answer.json())) == (200, study.n_instances)
    assert again["error"] == "SHLManifestNotFoundError"
    row = GuestLink.objects.get(pk=link.pk)
    assert (row.openings, row.wrong_tries) == (1, 1)
