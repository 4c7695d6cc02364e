"""The lock that comes first, before any row: addresses."""

import hashlib
from collections.abc import Iterable

from django.db import connection

from common.text import identity


def lock_addresses(addresses: Iterable[str]) -> None:
    """Until the transaction ends nobody else registers, invites or shares to these addresses."""
    keys = sorted({_key(identity(address)) for address in addresses})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def _key(address: str) -> int:
    """A number of PostgreSQL's bigint for an address, the same in every process."""
    return int.from_bytes(hashlib.sha256(b"address:" + address.encode()).digest()[:8], signed=True)
