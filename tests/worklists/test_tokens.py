"""Personal access tokens: who makes them, for what, and when they work."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models.functions import Now
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import OutboxMail, User
from accounts.services import limits
from audit.actions import Action
from audit.actor import Actor, Kind
from audit.history import sentence
from audit.models import AuditEvent
from common.exceptions import NothingThere
from tests.cast import IP_ADDRESS, Cast, acting
from tests.days import day_of
from worklists import mail, selectors, services, token_secrets
from worklists.models import AccessToken, Worklist
from worklists.services import tokens
from worklists.services.token_sign_in import EXPIRED, OWNER_INACTIVE, REVOKED, UNKNOWN

pytestmark = pytest.mark.django_db


def make(by: User, *worklists: Worklist, days: int = 30, may_store: bool = False) -> Any:
    return services.make_token(
        by=acting(by),
        name="Reading script",
        worklists=[worklist.uuid for worklist in worklists],
        last_day=day_of(days),
        may_store=may_store,
    )


def arrive(secret: str) -> Actor | None:
    return services.actor_with_token(secret=secret, ip_address=IP_ADDRESS)


def refusals() -> list[str]:
    return list(AuditEvent.objects.filter(action=Action.DENIED).values_list("detail__why", flat=True))


def test_a_token_acts_for_its_owner_within_its_worklists_and_scope(cast: Cast) -> None:
    made = make(cast.ana, cast.ct)

    by = arrive(made.secret)

    assert by is not None
    assert (by.kind, by.user, by.ip_address) == (Kind.TOKEN, cast.ana, IP_ADDRESS)
    assert by.rights(cast.ct) == {"list_studies", "open_study", "download_study"}
    assert by.rights(cast.emergency) == frozenset()
    with pytest.raises(PermissionDenied):
        by.person  # noqa: B018 - a token never acts in person


def test_a_token_that_may_store_uploads_where_its_owner_may(cast: Cast) -> None:
    by = arrive(make(cast.ana, cast.ct, may_store=True).secret)

    assert by is not None
    assert by.may("upload_study", cast.ct)
    assert not by.may("share_study", cast.ct)


def test_the_secret_is_in_no_table_and_has_a_prefix_for_scanners(cast: Cast) -> None:
    made = make(cast.ana, cast.ct)

    assert made.secret.startswith(token_secrets.PERSONAL)
    assert token_secrets.is_well_formed(made.secret)
    row = AccessToken.objects.values().get()
    assert made.secret not in str(row)
    assert row["digest"] == token_secrets.digest_of(made.secret)
    assert made.secret not in str(list(AuditEvent.objects.values()) + list(OutboxMail.objects.values()))
    assert made.secret != make(cast.ana, cast.ct).secret


def test_its_owner_is_told_by_mail_without_the_secret(cast: Cast) -> None:
    made = make(cast.ana, cast.ct, may_store=True)

    row = OutboxMail.objects.get(kind="token_made")
    message = mail.token_made(row)

    assert row.recipient == cast.ana.email
    for text in (message.text, message.html):
        assert "Reading script" in text
        assert "read and store studies on 1 worklist" in text
        assert "/profile/tokens/" in text
        assert made.secret not in text


@pytest.mark.parametrize("days", [-1, 366, 4000])
def test_an_end_is_within_a_year(cast: Cast, days: int) -> None:
    with pytest.raises(ValidationError):
        make(cast.ana, cast.ct, days=days)

    assert not AccessToken.objects.exists()


def test_the_database_keeps_the_year_too(cast: Cast) -> None:
    make(cast.ana, cast.ct)

    with pytest.raises(IntegrityError, match="a_token_ends_within_a_year"):
        AccessToken.objects.update(expires_at=Now() + timedelta(days=400))


@given(
    days=st.integers(0, 365),
    zone=st.sampled_from(["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Europe/London"]),
)
@settings(max_examples=25, deadline=None)
def test_any_day_of_the_year_ahead_is_taken_in_any_zone(django_db_blocker: Any, days: int, zone: str) -> None:
    from audit import clock
    from common.days import end_of_day, today_in
    from worklists.services.token_ends import last_moment_of

    now = clock.now()
    day = today_in(zone, now) + timedelta(days=days)

    end = last_moment_of(day, zone=zone, now=now)

    assert end == end_of_day(day, zone)
    assert timedelta() < end - now < timedelta(days=367)


def test_worklists_without_a_right_that_a_token_carries_are_refused(cast: Cast) -> None:
    for worklists in ([cast.emergency], [cast.ct, cast.imaging], [], [cast.caro.personal_worklist]):
        with pytest.raises(ValidationError):
            make(cast.ana, *worklists)
    with pytest.raises(ValidationError, match="lets you upload"):
        make(cast.vera, cast.ct, may_store=True)
    assert set(selectors.worklists_for_a_token(acting(cast.ana))) == {cast.ct, cast.ana.personal_worklist}
    assert set(selectors.worklists_for_a_token(acting(cast.ina))) == {cast.ina.personal_worklist}


def test_only_a_person_makes_and_revokes(cast: Cast) -> None:
    made = make(cast.ana, cast.ct)
    by = arrive(made.secret)
    assert by is not None

    with pytest.raises(PermissionDenied):
        services.make_token(by=by, name="More", worklists=[cast.ct.uuid], last_day=day_of())
    with pytest.raises(PermissionDenied):
        services.revoke_token(by=by, token=made.token.uuid)


def test_a_person_has_so_many_and_makes_so_many(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
    first = make(cast.ana, cast.ct)
    make(cast.ana, cast.ct)
    with pytest.raises(ValidationError, match="Revoke one"):
        make(cast.ana, cast.ct)
    services.revoke_token(by=acting(cast.ana), token=first.token.uuid)
    make(cast.ana, cast.ct)

    monkeypatch.setattr(limits, "MOST_NEW_TOKENS", 4)
    with pytest.raises(ValidationError, match="in the last hour"):
        make(cast.ana, cast.ct)


def test_a_revoked_token_is_refused_at_once_and_only_its_owner_revokes(cast: Cast) -> None:
    made = make(cast.ana, cast.ct)
    with pytest.raises(NothingThere):
        services.revoke_token(by=acting(cast.ben), token=made.token.uuid)
    with pytest.raises(NothingThere):
        services.revoke_token(by=acting(cast.sue), token=made.token.uuid)
    assert arrive(made.secret) is not None

    services.revoke_token(by=acting(cast.ana), token=made.token.uuid)
    services.revoke_token(by=acting(cast.ana), token=made.token.uuid)

    assert arrive(made.secret) is None
    assert AuditEvent.objects.filter(action=Action.TOKEN_END).count() == 1
    assert selectors.tokens_of(acting(cast.ana)) == []


def test_an_expired_token_is_refused(cast: Cast, clock: Any) -> None:
    made = make(cast.ana, cast.ct, days=0)
    assert arrive(made.secret) is not None

    clock.move(days=2)

    assert arrive(made.secret) is None
    assert refusals() == [EXPIRED]


def test_a_token_is_dead_with_its_owner(cast: Cast) -> None:
    made = make(cast.ana, cast.ct)
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)

    assert arrive(made.secret) is None
    assert refusals() == [OWNER_INACTIVE]


@pytest.mark.parametrize(
    "secret",
    [
        "", "x", "cimar_pat_", f"cimar_pat_{'0' * 64}", f"cimar_snd_{'0' * 64}", f"cimar_pat_{'é' * 64}",
        f"cimar_pat_{'0' * 64}\n", f"cimar_pat_{'A' * 64}", "a\x00b", "\ud800", "x" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_token_is_refused(cast: Cast, secret: str) -> None:
    assert arrive(secret) is None
    assert refusals() == [UNKNOWN]


@given(secret=st.text() | st.from_regex(token_secrets.PATTERN))
@settings(max_examples=200, deadline=None)
def test_whatever_is_sent_is_hashed_or_refused(secret: str) -> None:
    if token_secrets.is_well_formed(secret):
        assert len(token_secrets.digest_of(secret)) == 64


def test_refused_tries_are_bursts_and_name_a_token_that_is_known(cast: Cast) -> None:
    made = make(cast.ana, cast.ct)
    services.revoke_token(by=acting(cast.ana), token=made.token.uuid)
    for _ in range(5):
        arrive(made.secret)
        arrive(f"cimar_pat_{uuid4().hex * 2}")

    events = AuditEvent.objects.filter(action=Action.DENIED).order_by("pk")
    assert [event.detail["why"] for event in events] == [REVOKED, UNKNOWN]
    assert events[0].detail["token_name"] == "Reading script"
    assert events[0].by_id is None


def test_arriving_is_one_statement_and_a_second_one_an_hour(
    cast: Cast, clock: Any, django_assert_num_queries: Any
) -> None:
    made = make(cast.ana, cast.ct, cast.ana.personal_worklist)
    with django_assert_num_queries(2):
        arrive(made.secret)
    used = AccessToken.objects.get().last_used_at
    assert used is not None
    with django_assert_num_queries(1):
        arrive(made.secret)
    assert AccessToken.objects.get().last_used_at == used

    clock.move(hours=2)
    with django_assert_num_queries(2):
        arrive(made.secret)

    later = AccessToken.objects.get().last_used_at
    assert later is not None
    assert later > used


def test_the_owners_list_costs_the_same_for_many(cast: Cast, django_assert_num_queries: Any) -> None:
    make(cast.ana, cast.ct, cast.ana.personal_worklist)
    with django_assert_num_queries(2):
        selectors.tokens_of(acting(cast.ana))
    make(cast.ana, cast.ct)
    with django_assert_num_queries(2):
        listed = selectors.tokens_of(acting(cast.ana))
        assert [len(token.shown) for token in listed] == [1, 2]


def test_each_account_reads_of_its_own_worklists_alone(cast: Cast) -> None:
    services.add_account_member(
        account=cast.riverside,
        user=cast.ana,
        role=cast.riverside.roles.get(name="Radiologist"),
        every_worklist=True,
        by=acting(cast.rita),
    )
    make(cast.ana, cast.ct, cast.imaging, cast.orthopaedics)

    events = {e.account_id: e for e in AuditEvent.objects.filter(action=Action.TOKEN_ADD)}
    assert set(events) == {cast.northgate.pk, cast.riverside.pk}
    assert events[cast.northgate.pk].detail["worklists"] == ["CT Reporting"]
    assert sentence(events[cast.riverside.pk]) == (
        "Ana made the access token “Reading script” for Riverside Imaging, Riverside Orthopaedics"
    )


def test_an_administrator_ends_what_reaches_the_account_and_nothing_more(cast: Cast) -> None:
    here = make(cast.ana, cast.ct)
    both = make(cast.ana, cast.ct, cast.ana.personal_worklist)
    assert set(selectors.tokens_reaching(cast.northgate)) == {here.token, both.token}
    assert not selectors.tokens_reaching(cast.riverside)
    with pytest.raises(PermissionDenied):
        services.end_token_in_account(token=here.token.uuid, account=cast.northgate, by=acting(cast.rita))
    with pytest.raises(NothingThere):
        services.end_token_in_account(token=here.token.uuid, account=cast.riverside, by=acting(cast.rita))

    for made in (here, both):
        services.end_token_in_account(token=made.token.uuid, account=cast.northgate, by=acting(cast.adam))

    assert arrive(here.secret) is None
    by = arrive(both.secret)
    assert by is not None
    assert by.rights(cast.ct) == frozenset()
    assert by.may("list_studies", cast.ana.personal_worklist)
    event = AuditEvent.objects.filter(action=Action.TOKEN_END).first()
    assert sentence(event) == "Adam revoked the access token “Reading script” of Ana for CT Reporting"
