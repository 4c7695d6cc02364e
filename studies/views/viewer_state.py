"""A presentation state for the viewer's script: what it sets, for which images of the study."""

from typing import Any
from uuid import UUID

from audit.actor import Actor
from common.exceptions import NothingThere
from studies import services
from studies.beside import Beside
from studies.beside.states import Part, Places, State, state_of
from studies.models import Placement


def shown_state(placement: Placement, by: Actor, instance: UUID) -> dict[str, Any] | None:
    """None where the study has no such presentation state, or where it cannot be read."""
    try:
        opened = services.open_object(placement=placement, by=by, instance=instance)
    except NothingThere:
        return None
    if opened.kind is not Beside.STATE or opened.model is None:
        return None
    state = state_of(opened.model)
    named = services.referenced(placement=placement, uids={uid for uid, _frames in state.places})
    uuids = {uid: str(each.uuid) for uid, each in named.items()}
    return {
        "uuid": str(instance),
        "name": state.label or state.description,
        "is_in_part": bool(state.changes),
        "images": _images(state.places, uuids),
        "windows": _parts(state.windows, uuids),
        "areas": _parts(state.areas, uuids),
        "drawings": _parts(state.drawings, uuids),
        **_of_all(state),
    }


def _of_all(state: State) -> dict[str, Any]:
    return {
        "shutter": state.shutter,
        "rescale": state.rescale,
        "is_inverted": state.is_inverted,
        "turn": state.turn,
        "is_flipped": state.is_flipped,
    }


def _images(places: Places, uuids: dict[str, str]) -> dict[str, list[int]]:
    """By instance: its frames, or none for all of them."""
    return {uuids[uid]: frames for uid, frames in places if uid in uuids}


def _parts(parts: list[Part], uuids: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"images": None if part.places is None else _images(part.places, uuids), "value": part.value}
        for part in parts
    ]
