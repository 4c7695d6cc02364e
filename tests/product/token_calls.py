"""A call of every service about access tokens, senders and destinations, for `service_calls`."""

import contextlib
from collections.abc import Callable
from typing import Any

import worklists.services
from tests.cast import IP_ADDRESS, Cast, acting
from tests.days import day_of
from tests.everything import World


def make(cast: Cast, name: str = "Script") -> Any:
    return worklists.services.make_token(
        by=acting(cast.ana), name=name, worklists=[cast.ct.uuid], last_day=day_of(7)
    )


def add(cast: Cast, name: str = "Gateway") -> Any:
    return worklists.services.add_sender(
        account=cast.northgate, worklist=cast.ct, name=name, last_day=day_of(7), by=acting(cast.adam)
    )


def _refused_caller() -> None:
    with contextlib.suppress(worklists.services.CallerRefused):
        worklists.services.actor_of_caller(called="NOBODY", calling="PACS", ip_address=IP_ADDRESS)


TOKENS: dict[str, Callable[[World], object]] = {
    "tokens.make_token": lambda w: make(w.cast),
    "tokens.revoke_token": lambda w: worklists.services.revoke_token(
        by=acting(w.cast.ana), token=w.token.uuid
    ),
    "tokens.end_token_in_account": lambda w: worklists.services.end_token_in_account(
        token=w.token.uuid, account=w.cast.northgate, by=acting(w.cast.adam)
    ),
    "people.set_active": lambda w: worklists.services.set_active(
        user=w.cast.ana, active=False, by=acting(w.cast.sue)
    ),
    "people.remove_second_factor": lambda w: worklists.services.remove_second_factor(
        user=w.cast.ana, by=acting(w.cast.sue), why="Known by voice"
    ),
    "token_sign_in.actor_with_token": lambda w: worklists.services.actor_with_token(
        secret="no token", ip_address=IP_ADDRESS
    ),
    "caller_sign_in.actor_of_caller": lambda w: _refused_caller(),
    "destinations.add_destination": lambda w: worklists.services.add_destination(
        account=w.cast.northgate, name="New archive", url="https://new.example/dicom", by=acting(w.cast.adam)
    ),
    "destinations.change_destination": lambda w: worklists.services.change_destination(
        destination=w.destination, name="PACS two", url=w.destination.url, by=acting(w.cast.adam)
    ),
    "destinations.end_destination": lambda w: worklists.services.end_destination(
        destination=w.destination, by=acting(w.cast.adam)
    ),
    "senders.add_sender": lambda w: add(w.cast),
    "senders.renew_sender_token": lambda w: worklists.services.renew_sender_token(
        sender=w.sender.uuid, account=w.cast.northgate, last_day=day_of(7), by=acting(w.cast.adam)
    ),
    "senders.end_sender": lambda w: worklists.services.end_sender(
        sender=w.sender.uuid, account=w.cast.northgate, by=acting(w.cast.adam)
    ),
}
