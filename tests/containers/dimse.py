"""A PACS outside of the containers pushes an image to the receiver, as docs/receive.md says."""

import io
import json
import re

import yaml
from pydicom import dcmread
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.sop_class import SecondaryCaptureImageStorage, Verification  # type: ignore[attr-defined]  # made at run time

from cimar.installation import CHECKOUT
from tests.containers import look, manual, sharing, steps
from tests.containers.engine import Failed
from tests.containers.installation import DIMSE_PORT, Installation

PAGE = CHECKOUT / "docs" / "receive.md"
CALLED, CALLING = "RADIOLOGY", "REHEARSAL"
# What an administrator enters, once. The receiver sees callers under the addresses of the engine's bridges.
ENTERED = """
import json, sys, django; django.setup()
from audit.actor import OPERATOR
from worklists import services
from worklists.models import Sender, Worklist
place = Worklist.objects.with_names().get(uuid="WORKLIST")
services.change_worklist(worklist=place, ae_title="CALLED", by=OPERATOR)
for number, ip in enumerate(json.loads(sys.argv[1])):
    if not Sender.objects.live().filter(worklist=place, ip_address=ip).exists():
        services.add_sender(account=place.account, worklist=place, name=f"Rehearsal {ip} {number}", ae_title="CALLING",
                            ip_address=ip, by=OPERATOR)
"""


def a_pacs_pushes(installation: Installation) -> None:
    (start,) = manual.commands("What runs", PAGE)
    installation.shell(start)
    installation.wait_until_healthy()
    worklist = sharing.people(installation)["Radiology"]
    _enter(installation, worklist)
    person = steps.sign_in(installation, sharing.SHARER, sharing.PASSWORD)
    before = sharing.placements(person, worklist, fewest=0)
    if _called(calling="STRANGER").is_established:
        raise Failed("a caller that is no sender was let in")
    association = _called(calling=CALLING)
    if not association.is_established:
        raise Failed(f"the sender was not let in: {installation.logs()}")
    try:
        echoed = association.send_c_echo()
        stored = association.send_c_store(
            dcmread(io.BytesIO(sharing.picture(PatientName="Pushed^Image", PatientID="MRN000231")))
        )
    finally:
        association.release()
    statuses = [response.get("Status") for response in (echoed, stored)]
    if statuses != [0, 0]:
        raise Failed(f"C-ECHO and C-STORE were answered with {statuses}")
    sharing.placements(person, worklist, fewest=len(before) + 1)
    look.containers_are_closed(installation)


def _enter(installation: Installation, worklist: str) -> None:
    script = ENTERED.replace("WORKLIST", worklist).replace("CALLED", CALLED).replace("CALLING", CALLING)
    addresses = json.dumps(_bridges(installation))
    installation.shell(f"docker compose exec -T worker python -c '{script}' '{addresses}'")


def _bridges(installation: Installation) -> list[str]:
    names = installation.engine.podman(
        "network",
        "ls",
        "--quiet",
        "--filter",
        f"label=com.docker.compose.project={installation.name}",
    ).split()
    shown = yaml.safe_load(installation.engine.podman("network", "inspect", *names))
    found = re.findall(r"'gateway': '([\d.]+)'", str(shown))
    return sorted(set(found))


def _called(calling: str) -> Association:
    entity = AE(ae_title=calling)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 30
    entity.add_requested_context(Verification)
    entity.add_requested_context(SecondaryCaptureImageStorage)
    return entity.associate("127.0.0.1", DIMSE_PORT, ae_title=CALLED)
