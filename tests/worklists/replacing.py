"""A role and the role that replaces it, as fixtures, and what tests ask of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AccountMembership, Invitation, Role
from audit.actor import OPERATOR
from tests.cast import Cast
from tests.factories import make_role, membership_of
from worklists import services
from worklists.models import (
    InvitedMembership,
    InvitedWorklist,
    Worklist,
    WorklistMembership,
)
from worklists.services import replacements


@pytest.fixture
def night(cast: Cast) -> Role:
    """Vera's role everywhere she has one; Chest Clinic's default; on an invitation twice."""
    role = make_role(cast.northgate, "Night", ["list_studies", "open_study", "download_study"])
    member = AccountMembership.objects.get(user=cast.vera, account=cast.northgate)
    services.change_account_member(membership=member, role=role, by=OPERATOR)
    services.change_worklist_member(membership=membership_of(cast.vera, cast.ct), role=role, by=OPERATOR)
    services.change_worklist(worklist=cast.chest, default_role=role, by=OPERATOR)
    services.add_worklist_member(worklist=cast.chest, user=cast.vera, role=None, by=OPERATOR)
    invitation = Invitation.objects.create(
        account=cast.northgate, email="dora@example.net", expires_at="2099-01-01T00:00:00Z"
    )
    invited = InvitedMembership.objects.create(invitation=invitation, account=cast.northgate, role=role)
    InvitedWorklist.objects.create(membership=invited, account=cast.northgate, worklist=cast.ct, role=role)
    return role


@pytest.fixture
def day(cast: Cast) -> Role:
    return make_role(cast.northgate, "Day", ["list_studies", "open_study", "upload_study"])


def page(role: Role, name: str = "replace") -> str:
    return reverse(f"admin:accounts_role_{name}", args=[role.pk])


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def having(role: Role) -> set[str]:
    rows = {
        "members": AccountMembership.objects.filter(role=role),
        "places": WorklistMembership.objects.filter(role=role),
        "defaults": Worklist.objects.filter(default_role=role),
    }
    return {name for name, found in rows.items() if found.exists()}


def rights_of(role: Role) -> set[str]:
    ticked = set(role.permissions.values_list("codename", flat=True))
    return {tick for tick in ticked if not tick.startswith("share_study_") or "share_study" in ticked}


@contextmanager
def one_by_one() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replacements, "ROWS_AT_ONCE", 1)
        patch.setattr(replacements, "WORKLISTS_AT_ONCE", 1)
        yield
