"""Who administers, and what they read: for the tests of the administration's pages."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Cast


@pytest.fixture
def adam(cast: Cast, client: Client) -> Client:
    """Northgate's administrator."""
    cast.adam.refresh_from_db()
    client.force_login(cast.adam)
    return client


@pytest.fixture
def sue(cast: Cast, client: Client) -> Client:
    """Who runs the platform."""
    client.force_login(cast.sue)
    return client


def there(page: str, *args: Any, of: str = "worklist") -> str:
    return reverse(f"admin:worklists_{of}_{page}", args=args)


def text(response: Any) -> str:
    """What a reader reads."""
    inline = re.sub(r"</?(bdi|strong)[^>]*>", "", response.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", inline).split())


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)
