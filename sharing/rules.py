"""Who may share with whom by the rules of the accounts that speak. Pure: rules and facts in, the deciding rule out.

The rules of an account are read in their order, and the first that fits decides. Where none fits, the account allows.
With several accounts (a personal worklist) each decides for itself, and one that forbids is enough.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from django.utils.translation import gettext as _

from sharing.models import Method, ShareRule

Kind, To, Way = ShareRule.Kind, ShareRule.To, ShareRule.Way
# What a share by a method goes to, where the method says it.
KIND_OF = {Method.LOCATION: Kind.LOCATION, Method.GROUP: Kind.GROUP, Method.PHYSICIAN: Kind.PERSONAL}
# In place of whatever no rule names.
UNNAMED = -1


class Source(NamedTuple):
    """The worklist that a study is shared from."""

    worklist: int
    kind: str


class Aim(NamedTuple):
    """With whom and how, as far as the person who shares may know it.

    `account`: whose directory or code it is. `inside`: the accounts that the recipient belongs to, among those that
    speak. `kind` is empty where it is another account's business, and for emails and guest links. `domain` is an
    email's.
    """

    way: str
    kind: str = ""
    worklist: int | None = None
    account: int | None = None
    inside: frozenset[int] = frozenset()
    domain: str = ""


def fits(rule: ShareRule, source: Source, aim: Aim) -> bool:
    """Whether every part of the rule that is filled in fits this share."""
    return (
        (not rule.method or rule.method == aim.way)
        and (rule.from_worklist_id is None or rule.from_worklist_id == source.worklist)
        and (not rule.from_kind or rule.from_kind == source.kind)
        and (not rule.to_kind or rule.to_kind == aim.kind)
        and _is_to(rule, aim)
    )


def _is_to(rule: ShareRule, aim: Aim) -> bool:
    match rule.to:
        case To.INSIDE:
            return rule.account_id in aim.inside
        case To.OUTSIDE:
            return rule.account_id not in aim.inside
        case To.WORKLIST:
            return rule.to_worklist_id == aim.worklist
        case To.ACCOUNT:
            return rule.to_account_id == aim.account
        case To.DOMAIN:
            return aim.domain == rule.to_domain or aim.domain.endswith(f".{rule.to_domain}")
        case _:
            return True


def forbidding(rules: Iterable[ShareRule], source: Source, aim: Aim) -> ShareRule | None:
    """The rule that forbids this share; None where every account allows it. `rules` are in their order."""
    decided: set[int] = set()
    for rule in rules:
        if rule.account_id in decided or not fits(rule, source, aim):
            continue
        if not rule.allows:
            return rule
        decided.add(rule.account_id)
    return None


def forbids_all(
    rules: Sequence[ShareRule], source: Source, way: str, *, account: int | None
) -> ShareRule | None:
    """The rule to name where this way of sharing reaches no recipient at all; None where it reaches some recipient.

    `account` is the directory's, for the ways that have one. What no rule tells apart is tried once.
    """
    first = None
    for aim in _aims(rules, way, account):
        forbidden = forbidding(rules, source, aim)
        if forbidden is None:
            return None
        first = first or forbidden
    return first


def _aims(rules: Sequence[ShareRule], way: str, account: int | None) -> Iterator[Aim]:
    """An aim for each kind of recipient that these rules tell apart, the most ordinary first."""
    speaking = sorted({rule.account_id for rule in rules})
    groups = [frozenset[int](), *(frozenset({each}) for each in speaking), frozenset(speaking)]
    worklists = [UNNAMED, *(rule.to_worklist_id for rule in rules if rule.to_worklist_id is not None)]
    if way in KIND_OF:
        own = frozenset({account} if account is not None else ())
        for worklist in worklists:
            yield Aim(way, KIND_OF[Method(way)], worklist, account, own)
    elif way == Way.CODE:
        for worklist, kind in product(worklists, Kind.values):
            yield from (Aim(way, kind, worklist, each, frozenset({each})) for each in speaking)
        yield from (Aim(way, Kind.PERSONAL, UNNAMED, None, inside) for inside in groups)
        named = [rule.to_account_id for rule in rules if rule.to_account_id is not None]
        yield from (Aim(way, "", UNNAMED, each, frozenset()) for each in (UNNAMED, *named))
    else:
        domains = dict.fromkeys(["", *(rule.to_domain for rule in rules if rule.to_domain)])
        inside = groups if way == Way.EMAIL else groups[:1]
        yield from (Aim(way, inside=each, domain=domain) for each, domain in product(inside, domains))


def sentence(rule: ShareRule) -> str:
    """The refusal that the person who shares reads: a member of the rule's account. Select `account` with the rule."""
    if rule.reason:
        named = {"account": rule.account.name, "reason": rule.reason}
        return _("%(account)s does not allow this share: %(reason)s") % named
    return _("%(account)s does not allow sharing with this recipient in this way.") % {
        "account": rule.account.name
    }
