"""Names that read the same are the same name: in the services, and in the database below them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Role
from audit.actor import OPERATOR
from common import names
from common.lookalikes import mixed_word
from common.person_names import is_reserved
from common.text import identity
from tests.cast import Cast
from tests.factories import role_of
from tests.spellings import NOT_DRAWN, spellings
from worklists import services
from worklists.models import Worklist

KEPT = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAME = st.one_of(
    st.sampled_from(
        ["Königsberg Röntgen", "Straße 7", "ΟΔΟΣ", "放射線科", "St Mary's", "ﬁrst floor", "MRI 1.5T"]
    ),
    st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20),
)


def refused(attempt: Callable[[], object], other: str) -> None:
    with transaction.atomic(), pytest.raises(ValidationError) as refusal, transaction.atomic():
        attempt()
    [sentence] = refusal.value.messages
    assert f"“{other}”" in sentence and "already" in sentence


@KEPT
@given(data=st.data(), name=NAME)
def test_every_spelling_that_reads_the_same_is_refused_and_names_the_other(
    cast: Cast, data: st.DataObject, name: str
) -> None:
    assume(any(sign.isalnum() for sign in identity(name)))
    spelt = data.draw(spellings(name))
    with transaction.atomic():
        role = services.add_role(account=cast.northgate, name=name, by=OPERATOR)
        group = services.add_worklist(account=cast.northgate, kind="group", name=name, by=OPERATOR)

        # The word of an account's name has letters of one script, and looks like no other account.
        if not mixed_word(name) and not is_reserved(name):
            account = services.create_account(name=name, by=OPERATOR)
            refused(lambda: services.create_account(name=spelt, by=OPERATOR), account.name)
            refused(
                lambda: services.change_account(account=cast.riverside, name=spelt, by=OPERATOR), account.name
            )
        refused(lambda: services.add_role(account=cast.northgate, name=spelt, by=OPERATOR), role.name)
        viewer = role_of(cast.northgate, "Viewer")
        refused(lambda: services.change_role(role=viewer, name=spelt, by=OPERATOR), role.name)
        refused(lambda: services.copy_role(role=viewer, name=spelt, by=OPERATOR), role.name)
        refused(
            lambda: services.add_worklist(account=cast.northgate, kind="group", name=spelt, by=OPERATOR),
            group.name,
        )
        refused(lambda: services.change_worklist(worklist=cast.chest, name=spelt, by=OPERATOR), group.name)
        transaction.set_rollback(True)


@KEPT
@given(data=st.data())
def test_the_database_refuses_the_second_below_the_services(cast: Cast, data: st.DataObject) -> None:
    rows: list[tuple[Callable[[str], object], str, str]] = [
        (lambda name: Account.objects.create(name=name), "Northgate Hospital", "an_account_name"),
        (lambda name: Role.objects.create(name=name, account=cast.northgate), "Radiologist", "a_role_name"),
        (
            lambda name: Worklist.objects.bulk_create(
                [Worklist(name=name, account=cast.northgate, kind="location")]
            ),
            "CT Reporting",
            "a_worklist_name",
        ),
    ]
    for write, name, constraint in rows:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            write(data.draw(spellings(name)))


def test_a_renamed_row_is_compared_by_its_new_name_and_its_old_name_is_free(cast: Cast) -> None:
    services.change_worklist(worklist=cast.ct, name="Röntgen", by=OPERATOR)
    services.change_role(role=role_of(cast.northgate, "Viewer"), name="Reader", by=OPERATOR)
    services.change_account(account=cast.northgate, name="Southgate Hospital", by=OPERATOR)

    services.add_worklist(account=cast.northgate, kind="location", name="ct reporting", by=OPERATOR)
    services.add_role(account=cast.northgate, name="viewer", by=OPERATOR)
    services.create_account(name="NORTHGATE Hospital", by=OPERATOR)
    for model in (Account, Role, Worklist):
        assert {row.identity for row in model.objects.all()} == {
            identity(row.name) for row in model.objects.all()
        }


def test_a_row_may_be_spelt_anew_and_other_accounts_and_kinds_may_use_its_name(cast: Cast) -> None:
    assert (
        services.change_worklist(worklist=cast.ct, name="CT  reporting", by=OPERATOR).name == "CT reporting"
    )
    services.add_worklist(account=cast.northgate, kind="group", name="CT Reporting", by=OPERATOR)
    services.add_worklist(account=cast.riverside, kind="location", name="CT Reporting", by=OPERATOR)
    services.add_role(account=cast.riverside, name="Listless", by=OPERATOR)


@pytest.mark.parametrize("name", [*NOT_DRAWN, "\u3164\u3164", "—", "…", "\u2800"])
def test_a_name_that_reads_as_nothing_is_refused(cast: Cast, name: str) -> None:
    for attempt in (
        lambda: services.create_account(name=name, by=OPERATOR),
        lambda: services.add_role(account=cast.northgate, name=name, by=OPERATOR),
        lambda: services.add_worklist(account=cast.northgate, kind="group", name=name, by=OPERATOR),
    ):
        with pytest.raises(ValidationError, match="may not be"), transaction.atomic():
            attempt()


BEFORE = ["Röntgen", "RO\u0308NTGEN", "rönt\u00adgen", "Röntgen (2)"]
AFTER = ["Röntgen", "RO\u0308NTGEN (2)", "rönt\u00adgen (3)", "Röntgen (2) (2)"]


@pytest.mark.parametrize(
    ("model", "scope"), [(Account, ()), (Role, ("account_id",)), (Worklist, ("account_id", "kind"))]
)
def test_names_that_read_the_same_before_the_upgrade_are_told_apart_by_a_number(
    cast: Cast, model: Any, scope: tuple[str, ...]
) -> None:
    place = {"account_id": cast.northgate.pk, "kind": "location"}
    rows = [model.objects.create(name=f"{n}", **{field: place[field] for field in scope}) for n in range(4)]
    for row, name in zip(rows, BEFORE, strict=True):
        model.objects.filter(pk=row.pk).update(name=name, identity="")

    renamed = list(names.fill_identities(model, *scope))

    assert [model.objects.get(pk=row.pk).name for row in rows] == AFTER
    assert [was for _row, was in renamed] == BEFORE[1:]
    assert list(names.fill_identities(model, *scope)) == []
