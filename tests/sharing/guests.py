"""A guest link and its visitor: a browser that follows the link, waits as a person does, and presses."""

import re
from datetime import timedelta
from typing import Any

from django.test import Client

from audit import clock as audit_clock
from sharing.models import GuestLink
from sharing.selectors.guest_links import token_of
from sharing.services import make_guest_link
from tests.cast import Cast, acting


def made(cast: Cast, *placements: Any, by: Any = None, **more: Any) -> GuestLink:
    chosen = placements or (cast.placement,)
    return make_guest_link(placements=[each.uuid for each in chosen], by=acting(by or cast.ana), **more)


def url_of(link: GuestLink) -> str:
    return f"/guest/{token_of(link)}/"


def below(link: GuestLink, path: str = "") -> str:
    return f"/guest/{link.uuid}/{path}"


class Visitor:
    """`clock` moves on between reading a page and pressing, as it does for a person."""

    def __init__(self, clock: Any, client: Client | None = None) -> None:
        self.clock, self.client = clock, client or Client(enforce_csrf_checks=True)
        self.page: Any = None

    def follow(self, link: GuestLink) -> Any:
        self.page = self.client.get(url_of(link), follow=True)
        return self.page

    def hidden(self) -> dict[str, str]:
        text = self.page.content.decode()
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))

    def send(self, link: GuestLink, *, path: str = "open/", **fields: str) -> Any:
        """The form as it is, at once."""
        self.page = self.client.post(below(link, path), {**self.hidden(), **fields}, follow=True)
        return self.page

    def press(self, link: GuestLink, *, path: str = "open/", after: float = 5, **fields: str) -> Any:
        self.clock.move(seconds=after)
        return self.send(link, path=path, **fields)

    def open(self, link: GuestLink, **fields: str) -> Any:
        self.follow(link)
        return self.press(link, **fields)


def now() -> Any:
    return audit_clock.now()


DAY = timedelta(days=1)
