"""A call of every service about guest links, for `service_calls`."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

import sharing.services
from accounts.services import tallies
from audit.actor import Actor
from sharing.models import GuestLink
from sharing.selectors import guest_links, shlinks
from sharing.services import (
    guest_asks,
    guest_letters,
    guest_link_reads,
    guest_link_urls,
    guest_pages,
    guest_visits,
)
from sharing.services import shlinks as shlink_services
from tests.cast import IP_ADDRESS, acting
from tests.days import day_of
from tests.everything import World


def _find(link: GuestLink) -> GuestLink:
    found = guest_visits.find(token=guest_links.token_of(link))
    assert found is not None
    return found


def _open(link: GuestLink, password: str = "") -> None:
    with contextlib.suppress(guest_visits.WrongPassword):
        guest_visits.open_link(link=_find(link), password=password, ip_address=IP_ADDRESS)


def _dead(link: GuestLink) -> GuestLink:
    found = guest_links.read(link.uuid)
    assert found is not None
    return found


def _guest_of_two(w: World) -> Actor:
    placements = frozenset({w.at_home.uuid, w.cast.placement.uuid})
    link = replace(guest_links.acting_link(_dead(w.guest_link)), placements=placements)
    return Actor.guest(link, ip_address=IP_ADDRESS)


def _ask(link: GuestLink) -> bool:
    """As the first of its day: the world is kept from call to call."""
    tallies.forget(key=f"asks for another guest link {link.pk}")
    return guest_asks.ask_for_new_link(link=_dead(link), ip_address=IP_ADDRESS)


def _file(link: GuestLink) -> str:
    """The studies of the link, at the location that a manifest would name."""
    key = shlinks.mark_of(shlinks.key_behind(shlinks.token_of(link)))
    place = {"link": link.uuid.hex, "generation": link.generation, "visit": "a visit"}
    ticket = shlinks.Ticket(**place, key=key, instance="studies").written()
    return shlink_services.read_file(ticket=ticket, ip_address=IP_ADDRESS)


GUEST_LINKS: dict[str, Callable[[World], object]] = {
    "guest_links.make_guest_link": lambda w: sharing.services.make_guest_link(
        placements=[w.at_home.uuid], by=acting(w.cast.ana), recipient_email="doctor@example.net"
    ),
    "guest_links.extend_guest_link": lambda w: sharing.services.extend_guest_link(
        link=w.guest_link.uuid, expires_at=day_of(9), by=acting(w.cast.ana)
    ),
    "guest_link_urls.preview_new_url": lambda w: guest_link_urls.preview_new_url(
        link=w.guest_link.uuid, by=acting(w.cast.ana)
    ),
    "guest_link_urls.renew_guest_link": lambda w: sharing.services.renew_guest_link(
        link=w.guest_link.uuid, generation=_dead(w.guest_link).generation, by=acting(w.cast.ana)
    ),
    "guest_links.end_guest_link": lambda w: sharing.services.end_guest_link(
        link=w.guest_link.uuid, by=acting(w.cast.ana)
    ),
    "guest_ends.end_dead_links": lambda w: sharing.services.end_dead_links(),
    "guest_link_reads.offer_guest_link": lambda w: guest_link_reads.offer_guest_link(
        placements=[w.at_home.uuid], by=acting(w.cast.ana)
    ),
    "guest_link_reads.preview_guest_link": lambda w: guest_link_reads.preview_guest_link(
        link=w.guest_link.uuid, by=acting(w.cast.ana)
    ),
    "guest_link_reads.read_guest_links": lambda w: guest_link_reads.read_guest_links(by=acting(w.cast.ana)),
    "guest_link_reads.read_links_of_study": lambda w: guest_link_reads.read_links_of_study(
        placement=w.at_home, by=acting(w.cast.ana)
    ),
    "guest_visits.find": lambda w: _find(w.dead_link),
    "guest_visits.resume": lambda w: guest_visits.resume(link=w.dead_link.uuid, generation=1),
    "guest_visits.open_link": lambda w: _open(w.guest_link),
    "guest_visits.find_named": lambda w: guest_visits.find_named(w.dead_link.uuid, 1),
    "shlinks.open_manifest": lambda w: shlink_services.open_manifest(
        token=shlinks.token_of(w.guest_link), recipient="an app", ip_address=IP_ADDRESS
    ),
    "shlinks.read_file": lambda w: _file(w.guest_link),
    "guest_asks.ask_for_new_link": lambda w: _ask(w.dead_link),
    "guest_letters.read_letter": lambda w: guest_letters.read_letter(
        link=w.guest_link.uuid, by=acting(w.cast.ana)
    ),
    "guest_pages.read_studies": lambda w: guest_pages.read_studies(by=_guest_of_two(w)),
    "guest_visits.open_link with a wrong password": lambda w: _open(w.locked_link, "not it at all"),
}
