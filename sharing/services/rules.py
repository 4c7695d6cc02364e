"""The rules of an account about who may share with whom: added, changed, moved and removed by its administrators."""

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from accounts.services import limits
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from common.text import identity, tidy_text
from sharing import targets
from sharing.models import Method, ShareRule
from sharing.models.rule import LONGEST_REASON
from sharing.rule_words import stored_words
from sharing.selectors.rule_effect import RuleEffect, effect_of
from sharing.selectors.rules import rules_of
from sharing.targets import NO_SUCH, Target
from worklists.events import on_account
from worklists.models import Worklist
from worklists.permissions import check_administers
from worklists.services.common import NO_SUCH_WORKLIST, locked

To, Kind = ShareRule.To, ShareRule.Kind
MOST_RULES = 50
PARTS = (
    "allows", "from_worklist", "from_kind", "method", "to", "to_kind", "to_worklist", "to_account", "to_domain",
    "reason",
)  # fmt: skip

NO_DOMAIN = gettext_noop("Enter a domain, such as hospital.example.")
OWN_CODE = gettext_noop("This code is of your own account. Choose a worklist of this account instead.")
PERSONS_CODE = gettext_noop("This code is a person’s. A rule can name an organisation only.")
NO_PLACE_LEFT = gettext_noop(
    "The account has %(most)s rules already. Remove a rule that is no longer needed."
)


@dataclass(frozen=True)
class Draft:
    """A rule as it would be saved, the account's rules with it in their order, and what that would change."""

    rule: ShareRule
    rules: list[ShareRule]
    effect: RuleEffect

    @property
    def place(self) -> int:
        return next(place for place, each in enumerate(self.rules, 1) if each is self.rule)


def preview_share_rule(
    *, account: Account, by: Actor, rule: ShareRule | None = None, position: int | None = None, **parts: Any
) -> Draft:
    """What `add_share_rule` or `change_share_rule` would do; nothing is saved. Raises as they do.

    A typed share code counts against the limit of look-ups, here too.
    """
    check_administers(by, account)
    parts["to_account"] = _named_account(account, rule, parts, by)
    drafted = _drafted(account, rule, parts)
    rules = _placed(rules_of(account), drafted, position)
    return Draft(drafted, rules, effect_of(account, rules))


def add_share_rule(*, account: Account, by: Actor, position: int | None = None, **parts: Any) -> ShareRule:
    """Add a rule at a place among the account's rules, 1 being the first; left out, it is the last.

    `parts` are the fields of the rule; another account is named by `share_code`, a code of it. What is shared already
    stays shared. Raises PermissionDenied and ValidationError.
    """
    check_administers(by, account)
    parts["to_account"] = _named_account(account, None, parts, by)
    with transaction.atomic():
        account = locked(account)
        check_administers(by, account)
        if ShareRule.objects.filter(account=account).count() >= MOST_RULES:
            raise ValidationError(_(NO_PLACE_LEFT) % {"most": MOST_RULES}, code="limited")
        rule = _drafted(account, None, parts)
        _write(_placed(rules_of(account), rule, position), rule)
        _record(Action.SHARE_RULE_ADD, rule, by)
    return rule


def change_share_rule(*, rule: ShareRule, by: Actor, position: int | None = None, **parts: Any) -> ShareRule:
    """Change a rule, its place included; without a place it keeps its own. Raises as `add_share_rule`, NothingThere."""
    check_administers(by, rule.account)
    parts["to_account"] = _named_account(rule.account, rule, parts, by)
    with transaction.atomic():
        account = locked(rule.account_id)
        check_administers(by, account)
        held = _held(rule, account)
        was = stored_words(held)
        changed = _drafted(account, held, parts)
        _write(_placed(rules_of(account), changed, position), changed)
        _record(Action.SHARE_RULE_CHANGE, changed, by, was=was)
    return changed


@transaction.atomic
def remove_share_rule(*, rule: ShareRule, by: Actor) -> ShareRule:
    """Remove a rule; those after it move up. Raises PermissionDenied and NothingThere."""
    account = locked(rule.account_id)
    check_administers(by, account)
    held = _held(rule, account)
    _record(Action.SHARE_RULE_REMOVE, held, by)
    ShareRule.objects.filter(pk=held.pk).delete()
    _write(rules_of(account))
    return held


def _held(rule: ShareRule, account: Account) -> ShareRule:
    held = next((each for each in rules_of(account) if each.pk == rule.pk), None)
    if held is None:
        raise NothingThere
    return held


def _placed(rules: list[ShareRule], rule: ShareRule, position: int | None) -> list[ShareRule]:
    """The rules with this one at its place."""
    others = [each for each in rules if each.pk != rule.pk or rule.pk is None]
    if position is None:
        position = rule.position if rule.pk is not None else len(others) + 1
    at = min(max(position, 1), len(others) + 1) - 1
    return [*others[:at], rule, *others[at:]]


def _write(rules: list[ShareRule], changed: ShareRule | None = None) -> None:
    """Save the changed rule, and the others that have another place by it."""
    for position, rule in enumerate(rules, 1):
        if rule is changed or rule.position != position:
            rule.position = position
            rule.save()


def _drafted(account: Account, rule: ShareRule | None, parts: dict[str, Any]) -> ShareRule:
    """The rule with its parts tidied and checked, not saved."""
    unknown = parts.keys() - {*PARTS, "share_code"}
    assert not unknown, unknown
    fields = {name: parts.get(name) for name in PARTS}
    drafted = ShareRule(account=account, position=rule.position if rule is not None else 0)
    drafted.pk = rule.pk if rule is not None else None
    drafted._state.adding = rule is None
    _check_worklists(account, fields)
    drafted.allows = bool(fields["allows"])
    drafted.from_worklist = fields["from_worklist"]
    # A worklist says its kind: only one of the two is asked for.
    drafted.from_kind = "" if drafted.from_worklist is not None else _choice("from_kind", fields, Kind)
    drafted.method = _choice("method", fields, ShareRule.Way)
    drafted.to = _choice("to", fields, To) or To.ANYONE
    drafted.to_worklist = fields["to_worklist"] if drafted.to == To.WORKLIST else None
    drafted.to_account = fields["to_account"] if drafted.to == To.ACCOUNT else None
    drafted.to_domain = _domain(fields["to_domain"] or "") if drafted.to == To.DOMAIN else ""
    has_kind = drafted.to not in (To.WORKLIST, To.DOMAIN)
    drafted.to_kind = _choice("to_kind", fields, Kind) if has_kind else ""
    drafted.reason = _reason(fields["reason"] or "")
    if drafted.to == To.WORKLIST and drafted.to_worklist is None:
        raise ValidationError({"to_worklist": _("Choose the worklist.")})
    return drafted


def _choice(name: str, fields: dict[str, Any], choices: Any) -> str:
    value = str(fields[name] or "")
    if value and value not in choices.values:
        raise ValidationError({name: _("Choose one of the values in the list.")})
    return value


def _check_worklists(account: Account, fields: dict[str, Any]) -> None:
    for name in ("from_worklist", "to_worklist"):
        worklist: Worklist | None = fields[name]
        if worklist is not None and worklist.account_id != account.pk:
            raise ValidationError({name: _(NO_SUCH_WORKLIST)})


def _reason(reason: str) -> str:
    try:
        return tidy_text(reason, what=_("A reason"), longest=LONGEST_REASON, may_be_empty=True)
    except ValidationError as error:
        raise ValidationError({"reason": error.messages}) from None


def _domain(domain: str) -> str:
    """As the domain of an email is compared: in small letters, in its ASCII form."""
    try:
        validate_email(f"someone@{domain.strip().removeprefix('@')}")
    except ValidationError:
        raise ValidationError({"to_domain": _(NO_DOMAIN)}) from None
    tidied = identity(f"someone@{domain.strip().removeprefix('@')}").rpartition("@")[2]
    if not tidied or len(tidied) > 253:
        raise ValidationError({"to_domain": _(NO_DOMAIN)})
    return tidied


def _named_account(
    account: Account, rule: ShareRule | None, parts: dict[str, Any], by: Actor
) -> Account | None:
    """The account of the typed share code: only who has a code of another account can name it in a rule.

    An empty code keeps the account that the rule names. Counted outside the transaction, like every code.
    """
    if parts.get("to") != To.ACCOUNT:
        return None
    code = str(parts.get("share_code") or "")
    if not code.strip():
        if rule is not None and rule.to_account is not None:
            return rule.to_account
        raise ValidationError({"share_code": _("Enter a share code of the other account.")})
    limits.count_typed_code(by=by, account=account.pk)
    typed = targets.tidy(Target(Method.CODE, code))
    named = targets.by_code([typed]).get(typed.value)
    _record_look_up(account, named, by)
    if named is None:
        raise ValidationError({"share_code": _(NO_SUCH[Method.CODE])})
    if named.account is None:
        raise ValidationError({"share_code": _(PERSONS_CODE)})
    if named.account_id == account.pk:
        raise ValidationError({"share_code": _(OWN_CODE)})
    return named.account


@transaction.atomic
def _record_look_up(account: Account, named: Worklist | None, by: Actor) -> None:
    """As in the share dialog: what was typed is not kept. It is recorded whatever becomes of the rule."""
    on = on_account(account)
    if named is not None:
        on = replace(on, other_worklist_id=named.pk, other_worklist_label=named.label)
    record(Action.CODE_LOOK_UP, by=by, on=on, outcome="success" if named is not None else "failed")


def _record(action: Action, rule: ShareRule, by: Actor, *, was: str = "") -> None:
    detail = {"rule_id": rule.pk, "rule": stored_words(rule), "position": rule.position, "why": rule.reason}
    record(action, by=by, on=on_account(rule.account, **detail, **({"was": was} if was else {})))
