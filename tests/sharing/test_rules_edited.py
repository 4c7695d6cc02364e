"""The rules about who may share with whom: made, moved, removed, refused, tried out."""

from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.actions import Action
from audit.history import sentence as told_as
from audit.models import AuditEvent
from sharing import services
from sharing.models import ShareRule
from sharing.selectors.rules import rules_of
from tests.cast import acting
from tests.fingerprint import fingerprint
from tests.sharing.ruled import EMAIL, RIVERSIDE, allow, forbid, location, press


@pytest.mark.django_db
def test_rules_are_put_in_order_moved_and_removed_and_each_change_is_told(cast):
    first, second = forbid(cast, method="email"), allow(cast, method="code", position=1)

    services.change_share_rule(rule=first, allows=False, method="email", position=1, by=acting(cast.adam))
    assert [rule.pk for rule in rules_of(cast.northgate)] == [first.pk, second.pk]
    services.remove_share_rule(rule=first, by=acting(cast.adam))

    [left] = rules_of(cast.northgate)
    assert (left.pk, left.position) == (second.pk, 1)
    told = AuditEvent.objects.filter(action__startswith="account:rule:").order_by("pk")
    assert [event.action for event in told] == [
        Action.SHARE_RULE_ADD,
        Action.SHARE_RULE_ADD,
        Action.SHARE_RULE_CHANGE,
        Action.SHARE_RULE_REMOVE,
    ]
    assert "Forbid; from: Any worklist; by: Email; to: Anyone" in told_as(told[0])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"to": "account", "share_code": ""}, "share_code"),
        ({"to": "account", "share_code": "NOSUCHCODE"}, "share_code"),
        ({"to": "account", "share_code": "NORTHGATE"}, "share_code"),
        ({"to": "worklist"}, "to_worklist"),
        ({"to": "domain", "to_domain": "no domain"}, "to_domain"),
        ({"to": "domain", "to_domain": ""}, "to_domain"),
        ({"reason": "x" * 201}, "reason"),
        ({"method": "pigeon"}, "method"),
    ],
)
def test_a_rule_that_cannot_be_saved_is_refused_at_its_field(cast, parts, field):
    with pytest.raises(ValidationError) as refused:
        forbid(cast, **parts)

    assert list(refused.value.error_dict) == [field]
    assert not ShareRule.objects.exists()


@pytest.mark.django_db
def test_a_rule_names_no_worklist_of_another_account(cast):
    for name in ("from_worklist", "to_worklist"):
        with pytest.raises(ValidationError):
            forbid(cast, to="worklist" if name == "to_worklist" else "anyone", **{name: cast.imaging})


@pytest.mark.django_db
def test_the_database_keeps_what_a_rule_is(cast):
    wrong = [
        {"to": "worklist"},
        {"to": "account"},
        {"to": "domain"},
        {"from_worklist": cast.ct, "from_kind": "location"},
        {"to": "domain", "to_domain": "hospital.example", "to_kind": "group"},
    ]
    for parts in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            ShareRule.objects.create(account=cast.northgate, position=1, allows=False, **parts)


@pytest.mark.django_db
def test_a_preview_says_which_shares_of_late_would_be_refused_and_saves_nothing(cast):
    press(cast, EMAIL, location(cast), RIVERSIDE)
    before = fingerprint()

    draft = services.preview_share_rule(
        account=cast.northgate, allows=False, to="outside", by=acting(cast.adam)
    )

    assert draft.effect.refused == {"Share Code": 1, "Email": 1}
    assert draft.effect.allowed == {}
    assert (draft.effect.read, draft.effect.is_cut) == (3, False)
    assert fingerprint() == before


@pytest.mark.parametrize(("code", "outcome"), [("RIVERSIDE", "success"), ("NOSUCHCODE", "failed")])
def test_a_code_that_is_typed_into_a_rule_is_recorded_as_looked_up(cast, code, outcome):
    with suppress(ValidationError):
        forbid(cast, to="account", share_code=code)

    event = AuditEvent.objects.get(action=Action.CODE_LOOK_UP)
    assert (event.by_id, event.account_id, event.outcome) == (cast.adam.pk, cast.northgate.pk, outcome)
    assert "NOSUCHCODE" not in str(vars(event))
