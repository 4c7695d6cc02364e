"""What a change of an account's rules would mean, before it is saved: by the shares that its members made lately."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models.functions import Now

from accounts.models import Account
from sharing.models import Method, Share, ShareRule
from sharing.rules import Source
from sharing.selectors.rules import Recipient, Ruling, rules_of
from worklists.models import Worklist

DAYS, MOST = 30, 2000


@dataclass(frozen=True)
class RuleEffect:
    """Of the shares of the last days: how many the rules would refuse that they allow now, and the reverse, by method.

    `read`: how many shares were looked at; `is_cut` where there are more.
    """

    refused: Mapping[str, int]
    allowed: Mapping[str, int]
    read: int
    is_cut: bool

    @property
    def is_none(self) -> bool:
        return not self.refused and not self.allowed


def effect_of(account: Account, rules: Sequence[ShareRule]) -> RuleEffect:
    """Of these rules in place of the account's own."""
    made = Share.objects.filter(from_worklist__account=account, shared_at__gt=Now() - timedelta(days=DAYS))
    shares = list(made.select_related("to_worklist").order_by("-id")[: MOST + 1])
    before = rules_of(account)
    kinds = dict(Worklist.objects.filter(account=account).values_list("pk", "kind"))
    by_source: dict[int, list[Share]] = {}
    for share in shares[:MOST]:
        by_source.setdefault(share.from_worklist_id, []).append(share)
    refused: Counter[str] = Counter()
    allowed: Counter[str] = Counter()
    for worklist, some in by_source.items():
        source, recipients = Source(worklist, kinds[worklist]), [Recipient.of(share) for share in some]
        then = Ruling(source, before).refusals(recipients)
        now = Ruling(source, rules).refusals(recipients)
        for share, was, will in zip(some, then, now, strict=True):
            refused[share.method] += bool(will and not was)
            allowed[share.method] += bool(was and not will)
    return RuleEffect(_in_order(+refused), _in_order(+allowed), min(len(shares), MOST), len(shares) > MOST)


def effect_without(rule: ShareRule) -> RuleEffect:
    """Of removing a rule."""
    return effect_of(rule.account, [each for each in rules_of(rule.account) if each.pk != rule.pk])


def _in_order(numbers: Counter[str]) -> dict[str, int]:
    return {str(Method(method).label): numbers[method] for method in Method.values if numbers[method]}
