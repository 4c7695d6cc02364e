"""What the tests of known failures have in common: a share made and ended, and the pages of a study asked for."""

from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import reverse

from accounts.models import User
from sharing import services
from sharing.models import Method, Share
from sharing.services import share_studies
from sharing.targets import Target
from studies.models import Instance, Placement
from tests.cast import Cast, acting
from tests.dicomweb.asking import body_of

HIDDEN, DENIED, GONE = 404, 403, 410
SCRIPT = "<script>alert(1)</script>"


def share(
    cast: Cast, *targets: Target, by: User | None = None, placement: UUID | None = None, **more: Any
) -> Share:
    report = share_studies(
        placements=[placement or cast.placement.uuid],
        targets=targets or [to_emergency(cast)],
        by=acting(by or cast.ana),
        **more,
    )
    first = report.rows[0].share
    assert first is not None
    return first


def to_emergency(cast: Cast) -> Target:
    return Target(Method.LOCATION, str(cast.emergency.uuid))


def end(cast: Cast, *shares: Share) -> None:
    services.end_shares(shares=[each.uuid for each in shares], by=acting(cast.ana))


def pages_of(placement: Placement | UUID, instance: Instance | None = None) -> list[str]:
    uuid = placement if isinstance(placement, UUID) else placement.uuid
    urls = [
        reverse(f"studies:{name}", args=[uuid])
        for name in ("study", "viewer", "details", "viewer_manifest", "download")
    ]
    if instance is not None:
        urls += [
            reverse("studies:thumbnail", args=[uuid, instance.uuid]),
            reverse("studies:original", args=[uuid, instance.uuid]),
        ]
        urls += [reverse("studies:frame", args=[uuid, instance.uuid, 1])]
    return urls


def statuses(client: Client, urls: list[str]) -> set[int]:
    assert urls
    return {client.get(url).status_code for url in urls}


def text(response: Any) -> str:
    return str(body_of(response).decode())
