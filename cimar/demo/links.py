"""The guest link of the demo: a doctor without an account sees the head of the first share."""

from contextlib import suppress
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError

from audit import clock
from audit.actor import Actor
from cimar.demo.directory import Changed, DemoDirectory, Loaded
from cimar.demo.shares import ANA
from sharing.guest_mail import url_of
from sharing.models import GuestLink
from sharing.services import NothingThere, make_guest_link
from studies.models import Placement, Study

PLACE, STUDY = "CT Reporting", "ct-head"
RECIPIENT, EMAIL = "Dr Judith Marlowe", "judith.marlowe@oakleafpractice.example"
DAYS = 30


def add_guest_link(directory: DemoDirectory, studies: dict[str, Study], done: Loaded) -> None:
    """Made once: what was ended since, by a person or by its last day, is not made again."""
    study = studies.get(STUDY)
    if study is None or GuestLink.objects.filter(studies__study=study, recipient_email=EMAIL).exists():
        return
    with suppress(Changed):
        by, place = directory.people[ANA], directory.place(ANA, PLACE)
        here = Placement.objects.filter(worklist=place, study=study)
        try:
            make_guest_link(
                placements=list(here.values_list("uuid", flat=True)),
                by=Actor.of(by),
                expires_at=clock.now().date() + timedelta(days=DAYS),
                may_download=True,
                recipient_name=RECIPIENT,
                recipient_email=EMAIL,
            )
        except (NothingThere, PermissionDenied, ValidationError) as error:
            # The demo was used since.
            done.troubles.append(f"{ANA} made no guest link: {error}")


def url_of_guest_link() -> str:
    """The URL that the recipient has by mail; empty where the link is over."""
    link = GuestLink.objects.live().filter(recipient_email=EMAIL).order_by("pk").first()
    return url_of(link) if link is not None else ""
