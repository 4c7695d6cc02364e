"""The latest recipients in the share dialog: to pick again one by one, or all of the last press."""

from typing import Any

from audit.actor import Actor
from common import formats
from sharing.forms import Picked, ShareForm
from sharing.models import Method
from sharing.selectors.recent import MOST, Recent, Recents, recent_recipients
from sharing.services.dialog import Offer


def recents_of(offer: Offer, by: Actor) -> Recents:
    offered = {method: offer.accounts(method) for method in Method if offer.may(method)}
    return recent_recipients(by, offer.worklist, offered, offer.ruling)


def repeat(recents: Recents, picked: Picked, form: ShareForm) -> None:
    """Pick the recipients of the last press, with its end date. Its note was about other studies and is left out."""
    for recent in recents.last:
        picked.add(recent.method, recent.value)
    if recents.until is not None and not form.initial.get("until"):
        form.initial["until"] = formats.as_date(recents.until)


def shown(recents: Recents, picked: Picked) -> dict[str, Any]:
    """For the template: who is not picked yet."""
    chosen = {
        *(f"{Method.LOCATION}:{value}" for value in picked.locations),
        *(f"{Method.GROUP}:{value}" for value in picked.groups),
        *(f"{Method.PHYSICIAN}:{value}" for value in picked.physicians),
        *(f"{Method.CODE}:{value}" for value in picked.codes),
        *(f"{Method.EMAIL}:{value}" for value in picked.emails),
    }
    rest: list[Recent] = [recent for recent in recents.recipients if recent.key not in chosen]
    left = [recent for recent in recents.last if recent.key not in chosen]
    return {"recipients": rest[:MOST], "last": len(left) if len(left) > 1 else 0, "until": recents.until}
