"""Senders: an account's machines, which store into one worklist and can do nothing else."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.actions import Action
from audit.actor import Actor, Kind
from audit.history import sentence
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing.services import delete_worklist
from tests.administering import adam, text, there
from tests.cast import IP_ADDRESS, Cast, acting
from tests.days import day_of
from worklists import access, services, token_secrets
from worklists.models import Sender
from worklists.services.token_sign_in import EXPIRED, REVOKED

__all__ = ["adam"]

pytestmark = pytest.mark.django_db


def add(cast: Cast, name: str = "CT gateway", days: int | None = 0, **more: Any) -> Any:
    given = {
        "account": cast.northgate,
        "worklist": cast.ct,
        "last_day": None if days is None else day_of(days),
        "by": acting(cast.adam),
        **more,
    }
    return services.add_sender(name=name, **given)


def arrive(secret: str) -> Actor | None:
    return services.actor_with_token(secret=secret, ip_address=IP_ADDRESS)


def test_a_sender_stores_into_its_worklist_and_does_nothing_else(cast: Cast) -> None:
    by = arrive(add(cast).secret)

    assert by is not None
    assert (by.kind, by.user, by.label) == (Kind.SENDER, None, "Sender CT gateway")
    assert by.rights(cast.ct) == {"upload_study"}
    for elsewhere in (cast.emergency, cast.imaging, cast.ana.personal_worklist):
        assert by.rights(elsewhere) == frozenset()
    assert list(access.worklists_for(by, "upload_study")) == [cast.ct]
    assert not access.worklists_for(by, "list_studies")
    assert not access.account_rights(by, cast.northgate)
    with pytest.raises(PermissionDenied):
        by.person  # noqa: B018 - a sender is no person
    with pytest.raises(PermissionDenied):
        add(cast, "Another", by=by)


def test_the_trail_names_the_sender(cast: Cast) -> None:
    from audit.services import event
    from worklists.events import on_worklist

    by = arrive(add(cast).secret)
    assert by is not None
    uploaded = event(Action.STUDY_UPLOAD, by=by, on=on_worklist(cast.ct))

    assert sentence(uploaded) == "Sender CT gateway started an upload to CT Reporting"
    assert (uploaded.role_label, uploaded.detail["sender_name"]) == ("Sender", "CT gateway")
    sentences = [sentence(e) for e in AuditEvent.objects.filter(action=Action.SENDER_ADD)]
    assert sentences == ["Adam added the sender “CT gateway” to CT Reporting"]


def test_it_outlives_the_administrator_who_made_it(cast: Cast) -> None:
    secret = add(cast).secret
    type(cast.adam).objects.filter(pk=cast.adam.pk).update(is_active=False)

    assert arrive(secret) is not None


def test_only_administrators_of_the_account_make_and_end_senders(cast: Cast) -> None:
    made = add(cast).sender
    for person in (cast.ana, cast.rita, cast.ed, None):
        with pytest.raises(PermissionDenied):
            add(cast, "Other", by=acting(person))
        with pytest.raises(PermissionDenied):
            services.end_sender(sender=made.uuid, account=cast.northgate, by=acting(person))
    with pytest.raises(NothingThere):
        services.end_sender(sender=made.uuid, account=cast.riverside, by=acting(cast.rita))
    with pytest.raises(ValidationError):
        add(cast, "Reaching over", worklist=cast.imaging)
    assert Sender.objects.live().count() == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"days": None}, "AE title, a token, or both"),
        ({"days": None, "ae_title": "PACS1"}, "proves nothing by itself"),
        ({"ae_title": "X" * 17, "ip_address": "192.0.2.1"}, "up to 16"),
        ({"ae_title": "A\\B", "ip_address": "192.0.2.1"}, "without a backslash"),
        ({"ae_title": "Ä", "ip_address": "192.0.2.1"}, "up to 16"),
        ({"days": 366}, "for a year at most"),
        ({"days": -2}, "today or later"),
        ({"name": " \u200b "}, "name"),
    ],
)
def test_what_is_no_sender_is_refused_with_a_sentence(
    cast: Cast, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        add(cast, **given)
    assert not Sender.objects.exists()


def test_names_and_callers_are_used_once(cast: Cast) -> None:
    caller = {"ae_title": "PACS1", "ip_address": "192.0.2.1"}
    first = add(cast, "PACS", **caller).sender
    with pytest.raises(ValidationError, match="already a sender named"):
        add(cast, "  pacs ")
    with pytest.raises(ValidationError, match="another sender"):
        add(cast, "PACS 2", **caller)
    services.end_sender(sender=first.uuid, account=cast.northgate, by=acting(cast.adam))
    assert add(cast, "PACS", **caller).sender.ae_title == "PACS1"


def test_an_ended_sender_is_refused_from_the_next_request_on(cast: Cast) -> None:
    made = add(cast)
    by = arrive(made.secret)
    assert by is not None

    services.end_sender(sender=made.sender.uuid, account=cast.northgate, by=acting(cast.adam))

    assert by.rights(cast.ct) == frozenset()
    assert not access.worklists_for(by, "upload_study")
    assert arrive(made.secret) is None
    refused = AuditEvent.objects.get(action=Action.DENIED)
    assert (refused.detail["why"], refused.account_id) == (REVOKED, cast.northgate.pk)
    with pytest.raises(ValidationError):
        services.renew_sender_token(
            sender=made.sender.uuid, account=cast.northgate, last_day=day_of(), by=acting(cast.adam)
        )


def test_a_new_token_ends_the_old_one(cast: Cast, clock: Any) -> None:
    made = add(cast)
    renewed = services.renew_sender_token(
        sender=made.sender.uuid, account=cast.northgate, last_day=day_of(), by=acting(cast.adam)
    )

    assert arrive(made.secret) is None
    assert arrive(renewed.secret) is not None
    assert renewed.secret.startswith(token_secrets.SENDER)
    clock.move(days=3)
    assert arrive(renewed.secret) is None
    assert EXPIRED in AuditEvent.objects.filter(action=Action.DENIED).values_list("detail__why", flat=True)


def test_a_worklists_senders_go_with_it(cast: Cast) -> None:
    made = add(cast, worklist=cast.chest)

    delete_worklist(worklist=cast.chest, by=acting(cast.adam))

    assert arrive(made.secret) is None
    assert AuditEvent.objects.filter(action=Action.SENDER_END).count() == 1


def test_the_database_keeps_sender_and_worklist_of_one_account(cast: Cast) -> None:
    add(cast)
    with pytest.raises(IntegrityError, match="a_sender_is_of_the_worklists_account"), transaction.atomic():
        Sender.objects.update(worklist=cast.imaging)
        from django.db import connection

        connection.check_constraints()


def test_an_administrator_adds_a_sender_and_reads_its_token_once(adam: Client, cast: Cast) -> None:
    form = {"name": "Gateway", "worklist": cast.ct.pk, "with_token": "on", "last_day": str(day_of())}

    answer = adam.post(there("add", of="sender"), form)

    assert answer.status_code == 200
    secret = answer.context["secret"]
    assert secret in text(answer)
    assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]
    listed = text(adam.get(there("changelist", of="sender")))
    assert "Gateway" in listed
    assert secret not in listed
    assert arrive(secret) is not None


@pytest.mark.parametrize("of", ["sender", "accesstoken"])
def test_the_lists_cost_the_same_for_many(adam: Client, cast: Cast, of: str) -> None:
    def price() -> int:
        with CaptureQueriesContext(connection) as asked:
            shown = text(adam.get(there("changelist", of=of)))
        assert "CT Reporting" in shown
        return len(asked)

    def make(*numbers: int) -> None:
        for number in numbers:
            add(cast, f"Gateway {number}")
            services.make_token(
                by=acting(cast.ana), name=f"Script {number}", worklists=[cast.ct.uuid], last_day=day_of()
            )

    make(0)
    adam.get(there("changelist", of=of))  # a session is touched once a minute
    few = price()

    make(*range(1, 6))

    assert price() == few <= 13
