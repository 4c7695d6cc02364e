"""A guest link opened as a SMART Health Link: by a program, with its manifest, its files, and access to DICOMweb.

The rules are those of the page: a manifest counts as an opening, a passcode takes a try before it is judged, and what
is over opens nothing.
"""

import json
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction

from accounts.mail import link as site_url
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from common.exceptions import NothingThere
from sharing.models import GuestLink
from sharing.selectors import shlink_parts, shlinks
from sharing.selectors.shlinks import Ticket
from sharing.services import guest_visits
from studies import selectors
from studies import services as studies_services
from studies.events import on_placement
from studies.models import Placement
from studies.services.beside import PDF

FHIR = "application/fhir+json"
# In a ticket, in place of a document's uuid.
STUDIES = "studies"


def open_manifest(
    *,
    token: str,
    recipient: str,
    password: str = "",
    longest_embedded: int | None = None,
    ip_address: str | None = None,
) -> dict[str, Any]:
    """Count an opening, and give what the files of the link are. `recipient` is who asks, in the program's words.

    Raises NothingThere, LinkOver, and WrongPassword (with a ValidationError for none, which costs no try). Call it
    outside a transaction.
    """
    link = _found(token)
    by = guest_visits.open_link(link=link, password=password, ip_address=ip_address, recipient=recipient)
    key, visit = shlinks.key_behind(token), secrets.token_urlsafe(16)
    placements = _read_studies(by)
    files = [_studies_file(link, placements, key, visit, longest_embedded)]
    for placement, document in shlink_parts.documents_of(placements):
        files.append(_at(_ticket(link, key, visit, document.hex, placement.uuid.hex)))
    return {"files": files, "status": "can-change"}


def read_file(*, ticket: str, ip_address: str | None = None) -> str:
    """The encrypted file that a manifest's location names, while the link lasts. Raises NothingThere."""
    asked = shlinks.read_file_ticket(ticket)
    key = asked.file_key if asked is not None else None
    if asked is None or key is None:
        raise NothingThere
    by = guest_visits.resume(link=UUID(asked.link), generation=asked.generation, ip_address=ip_address)
    if by is None:
        raise NothingThere
    if asked.instance == STUDIES:
        content = _bundle(asked.link, asked.generation, _read_studies(by), asked.visit)
    else:
        content = _document(asked, by)
    return shlinks.sealed(json.dumps(content).encode(), FHIR, key)


def visitor_of(*, access: str, link: UUID, ip_address: str | None = None) -> Actor | None:
    """Who acts by an access that a manifest gave, asked anew with each request; None where it is over."""
    ticket = shlinks.read_access(access)
    if ticket is None or ticket.link != link.hex:
        return None
    return guest_visits.resume(link=link, generation=ticket.generation, ip_address=ip_address)


def _found(token: str) -> GuestLink:
    named = shlinks.named_by(token)
    link = guest_visits.find_named(*named) if named is not None else None
    if link is None:
        raise NothingThere
    return link


@transaction.atomic
def _read_studies(by: Actor) -> list[Placement]:
    """The studies that the link shows now, with an event in the trail of each: who has the file knows the patient."""
    assert by.guest_link is not None
    seen = selectors.placements_for(by, by.guest_link.placements)
    if not seen:
        raise NothingThere
    detail = {"page": "shlink", "studies": len(seen)}
    record_all(
        event(Action.STUDY_OPEN, by=by, on=on_placement(each, at=selectors.seen_at(each), detail=detail))
        for each in seen
    )
    return seen


def _studies_file(
    link: GuestLink, placements: list[Placement], key: bytes, visit: str, longest: int | None
) -> dict[str, Any]:
    bundle = _bundle(link.uuid.hex, link.generation, placements, visit)
    written = shlinks.sealed(json.dumps(bundle).encode(), FHIR, key)
    if longest is not None and len(written) > longest:
        return _at(_ticket(link, key, visit, STUDIES))
    return {"contentType": FHIR, "embedded": written}


def _bundle(link: str, generation: int, placements: list[Placement], visit: str) -> dict[str, Any]:
    access = Ticket(link=link, generation=generation, visit=visit).written()
    worklist = placements[0].worklist
    return shlink_parts.bundle_of(
        placements,
        url=site_url(f"/guest/{UUID(link)}/dicomweb/{worklist.uuid}"),
        access=access,
        until=_usable_until(),
    )


def _usable_until() -> datetime:
    return clock.now() + shlinks.USABLE_FOR


def _ticket(link: GuestLink, key: bytes, visit: str, instance: str, placement: str = "") -> str:
    return Ticket(
        link=link.uuid.hex,
        generation=link.generation,
        visit=visit,
        key=shlinks.mark_of(key),
        placement=placement,
        instance=instance,
    ).written()


def _at(ticket: str) -> dict[str, Any]:
    return {"contentType": FHIR, "location": site_url(f"{shlinks.BEGINNING}file/{ticket}")}


def _document(asked: Ticket, by: Actor) -> dict[str, Any]:
    placement = selectors.placement_for(by, UUID(asked.placement))
    if placement is None:
        raise NothingThere
    stream = studies_services.open_stream(
        placement=placement.uuid, instance=UUID(asked.instance), by=by, session=asked.visit
    )
    if stream.media_type != PDF or stream.size > shlink_parts.LONGEST_DOCUMENT:
        raise NothingThere
    with storages["dicom"].open(stream.key) as file:
        document = b"".join(_piece(file, stretch) for stretch in stream.pieces(range(stream.size)))
    return shlink_parts.document_reference(placement.study, document)


def _piece(file: Any, stretch: Any) -> bytes:
    file.seek(stretch.start)
    piece: bytes = file.read(stretch.size)
    return piece
