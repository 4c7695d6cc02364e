"""Whatever keeps a person out of the pages keeps their programs out of DICOMweb."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models.functions import Now
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from accounts.models import Account, AccountMembership, User
from accounts.selectors import demands_on
from accounts.selectors.demands import factor_is_overdue, session_user
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from tests.cast import IP_ADDRESS, Cast, acting
from tests.days import day_of
from worklists import selectors, services
from worklists.models import AccessToken, Worklist
from worklists.services.token_sign_in import NO_FACTOR, REVOKED

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(cast: Cast) -> str:
    return services.make_token(
        by=acting(cast.ana),
        name="Reading script",
        worklists=[cast.ct.uuid, cast.ana.personal_worklist.uuid],
        last_day=day_of(30),
    ).secret


def arrive(secret: str) -> Actor | None:
    return services.actor_with_token(secret=secret, ip_address=IP_ADDRESS)


def refusals() -> list[str]:
    return list(AuditEvent.objects.filter(action=Action.DENIED).values_list("detail__why", flat=True))


def add_factor(user: User, kind: str = Authenticator.Type.TOTP) -> None:
    Authenticator.objects.create(user=user, type=kind, data={"secret": "", "seed": ""})


def test_a_token_waits_for_the_second_factor_that_an_account_requires(cast: Cast, secret: str) -> None:
    Account.objects.filter(pk=cast.northgate.pk).update(second_factor_from=Now() + timedelta(days=1))
    assert arrive(secret) is not None
    Account.objects.filter(pk=cast.northgate.pk).update(second_factor_from=Now())

    assert arrive(secret) is None
    add_factor(cast.ana, Authenticator.Type.RECOVERY_CODES)
    assert arrive(secret) is None
    assert refusals() == [NO_FACTOR]

    add_factor(cast.ana)
    assert arrive(secret) is not None


def test_dicomweb_refuses_it_as_the_pages_refuse_the_person(cast: Cast, secret: str) -> None:
    url = f"/dicomweb/{cast.ct.uuid}/studies"
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().get(url, headers=headers).status_code == 200
    Account.objects.filter(pk=cast.northgate.pk).update(second_factor_from=Now())

    assert Client().get(url, headers=headers).status_code == 401


def test_a_lost_second_factor_ends_the_tokens(cast: Cast, secret: str) -> None:
    add_factor(cast.ana)

    services.remove_second_factor(user=cast.ana, by=acting(cast.sue), why="Known by voice")

    assert arrive(secret) is None
    assert refusals() == [REVOKED]
    assert not selectors.tokens_of(acting(cast.ana))
    event = AuditEvent.objects.filter(action=Action.TOKEN_END, account_id=cast.northgate.pk).get()
    assert (event.by_id, event.detail["worklists"]) == (cast.sue.pk, ["CT Reporting"])


def test_tokens_of_a_deactivated_person_do_not_work_again_on_the_day_of_their_return(
    cast: Cast, secret: str
) -> None:
    services.set_active(user=cast.ana, active=False, by=acting(cast.sue))
    services.set_active(user=cast.ana, active=True, by=acting(cast.sue))

    assert arrive(secret) is None
    assert AccessToken.objects.get().ended_by == cast.sue


def test_a_membership_that_ends_takes_the_accounts_worklists_from_the_token(cast: Cast, secret: str) -> None:
    membership = AccountMembership.objects.get(user=cast.ana, account=cast.northgate)
    services.deactivate_member_without_shares(membership=membership, by=acting(cast.adam))

    by = arrive(secret)

    assert by is not None
    assert by.rights(cast.ct) == frozenset()
    assert by.may("list_studies", cast.ana.personal_worklist)


def test_a_superuser_needs_the_platforms_factor(cast: Cast, secret: str) -> None:
    User.objects.filter(pk=cast.ana.pk).update(is_superuser=True)

    assert (arrive(secret) is None) is settings.CIMAR_SUPERUSER_SECOND_FACTOR


@given(data=st.data())
@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_condition_and_the_pages_agree(cast: Cast, settings: Any, data: st.DataObject) -> None:
    """Over accounts that require a factor from some day, memberships, factors of each kind, and superusers."""
    hours = st.sampled_from([None, -48, -1, 1, 48])
    settings.CIMAR_SUPERUSER_SECOND_FACTOR = data.draw(st.booleans())
    for account in Account.objects.order_by("pk"):
        after = data.draw(hours)
        starts = None if after is None else Now() + timedelta(hours=after)
        Account.objects.filter(pk=account.pk).update(second_factor_from=starts)
    Authenticator.objects.all().delete()
    for user in (cast.ana, cast.ben, cast.caro, cast.sue):
        User.objects.filter(pk=user.pk).update(is_superuser=data.draw(st.booleans()))
        AccountMembership.objects.filter(user=user).update(active=data.draw(st.booleans()))
        for kind in data.draw(st.sets(st.sampled_from(["totp", "webauthn", "recovery_codes"]))):
            add_factor(user, kind)

    # Each person has one personal worklist, and so one row.
    overdue = set(Worklist.objects.filter(factor_is_overdue("owner")).values_list("owner", flat=True))

    people = [cast.ana, cast.ben, cast.caro, cast.sue, cast.adam, cast.ed]
    for pk in [user.pk for user in people]:
        person = session_user(pk)
        assert person is not None
        assert demands_on(person).factor_is_overdue is (pk in overdue)
