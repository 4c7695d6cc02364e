"""Who administers, and what they read: for the tests of the administration's pages."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.cast import Cast, acting
from tests.days import day_of
from worklists import services
from worklists.models import AccessToken, Destination, Sender, Worklist


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


def token_and_machines(owner: User, administrator: User, worklist: Worklist, name: str) -> dict[Any, Any]:
    """An access token of the owner, and a sender and a destination of the account; by model."""
    day = day_of()
    made = services.make_token(by=acting(owner), name=name, worklists=[worklist.uuid], last_day=day)
    added = services.add_sender(
        account=worklist.account, worklist=worklist, name=name, last_day=day, by=acting(administrator)
    )
    sent_to = services.add_destination(
        account=worklist.account, name=name, url=f"https://{name.split()[0].lower()}.example/dicom-web",
        secret="sesame", by=acting(administrator),
    )  # fmt: skip
    return {AccessToken: made.token, Sender: added.sender, Destination: sent_to}


def there(page: str, *args: Any, of: str = "worklist") -> str:
    return reverse(f"admin:worklists_{of}_{page}", args=args)


def text(response: Any) -> str:
    """What a reader reads."""
    inline = re.sub(r"</?(bdi|strong)[^>]*>", "", response.content.decode())
    return " ".join(re.sub(r"<[^>]+>", " ", inline).split())


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)
