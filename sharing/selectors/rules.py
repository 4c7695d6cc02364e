"""The accounts' rules about who may share with whom, read for a worklist that is shared from."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accounts.models import Account, AccountMembership
from common.text import identity
from sharing.models import Method, Share, ShareRule
from sharing.rules import KIND_OF, Aim, Source, forbidding, forbids_all, sentence
from worklists.models import Worklist

# Rules that ask whether the recipient belongs to the account: only for these is it looked up.
_ASK_WHERE = (ShareRule.To.INSIDE, ShareRule.To.OUTSIDE)


class Recipient(NamedTuple):
    """With whom and how: a worklist with the account whose directory it was picked from, or an email."""

    way: str
    worklist: Worklist | None = None
    account: int | None = None
    email: str = ""

    @classmethod
    def of(cls, share: Share) -> "Recipient":
        """Select `to_worklist` with the share."""
        if share.method == Method.EMAIL:
            return cls(share.method, email=share.email)
        return cls(share.method, share.to_worklist, share.account_id)


@dataclass(frozen=True)
class Ruling:
    """The rules that speak where something is shared from, in their order."""

    source: Source
    rules: Sequence[ShareRule]

    def refusals(self, recipients: Sequence[Recipient]) -> list[str]:
        """For each recipient the sentence that refuses it, empty where none does: at most two statements."""
        if not self.rules:
            return [""] * len(recipients)
        decided = [forbidding(self.rules, self.source, aim) for aim in self._aims(recipients)]
        return ["" if rule is None else sentence(rule) for rule in decided]

    def refusal(self, recipient: Recipient) -> str:
        return self.refusals([recipient])[0]

    def refuses_all(self, way: str, account: int | None = None) -> str:
        """The sentence where no recipient at all may be shared with in this way; empty where one may."""
        rule = forbids_all(self.rules, self.source, way, account=account)
        return "" if rule is None else sentence(rule)

    def _aims(self, recipients: Sequence[Recipient]) -> Iterable[Aim]:
        speaking = {rule.account_id for rule in self.rules}
        members: dict[str, set[int]] = {}
        owners: dict[int, set[int]] = {}
        if any(rule.to in _ASK_WHERE for rule in self.rules):
            members = _with_emails({each.email for each in recipients if each.email}, speaking)
            by_code = (each.worklist for each in recipients if each.way == Method.CODE)
            owners = _with_keys({each.owner_id for each in by_code if each and each.owner_id}, speaking)
        for each in recipients:
            yield _aim(each, speaking, members, owners)


def ruling_for(worklist: Worklist) -> Ruling:
    """Of the worklist's account; on a personal worklist of every account in which its owner is active."""
    source = Source(worklist.pk, worklist.kind)
    rules = ShareRule.objects.select_related("account").order_by("account", "position")
    if worklist.account_id is not None:
        return Ruling(source, list(rules.filter(account=worklist.account_id)))
    active = AccountMembership.objects.active().filter(user=worklist.owner_id)
    return Ruling(source, list(rules.filter(account__in=active.values("account"))))


def rulings_for(worklists: Collection[Worklist]) -> dict[int, Ruling]:
    """The same by the key of each worklist: one statement, and one for each personal worklist."""
    accounts = {each.account_id for each in worklists if each.account_id is not None}
    by_account: dict[int, list[ShareRule]] = {}
    if accounts:
        rows = ShareRule.objects.select_related("account").filter(account__in=accounts)
        for rule in rows.order_by("account", "position"):
            by_account.setdefault(rule.account_id, []).append(rule)
    return {
        each.pk: Ruling(Source(each.pk, each.kind), by_account.get(each.account_id, []))
        if each.account_id is not None
        else ruling_for(each)
        for each in worklists
    }


def rules_of(account: Account) -> list[ShareRule]:
    """In their order, with what a page says of them."""
    rows = ShareRule.objects.filter(account=account).order_by("position")
    return list(rows.select_related("account", "from_worklist", "to_worklist", "to_account"))


def may_reach(ruling: Ruling, places: Iterable[Worklist], way: str) -> list[Worklist]:
    """Of these locations or groups those that the rules let be shared with."""
    places = list(places)
    refusals = ruling.refusals([Recipient(way, each, each.account_id) for each in places])
    return [place for place, refusal in zip(places, refusals, strict=True) if not refusal]


def _aim(
    each: Recipient, speaking: set[int], members: dict[str, set[int]], owners: dict[int, set[int]]
) -> Aim:
    if each.way in KIND_OF:
        account = each.account
        inside = frozenset({account} if account is not None else ())
        pk = each.worklist.pk if each.worklist is not None else None
        return Aim(each.way, KIND_OF[Method(each.way)], pk, account, inside)
    if each.worklist is not None:
        place = each.worklist
        if place.account_id is None:
            return Aim(each.way, place.kind, place.pk, None, frozenset(owners.get(place.owner_id or 0, ())))
        # Whether another account's worklist is a location or a group is that account's business.
        kind = place.kind if place.account_id in speaking else ""
        return Aim(each.way, kind, place.pk, place.account_id, frozenset({place.account_id}))
    email = identity(each.email)
    inside = frozenset(members.get(email, ())) if each.way == Method.EMAIL else frozenset()
    return Aim(each.way, inside=inside, domain=email.rpartition("@")[2])


def _with_emails(emails: Collection[str], accounts: Collection[int]) -> dict[str, set[int]]:
    """By email the accounts, among these, in which a person who proved it is active."""
    emails = {identity(email) for email in emails}
    if not emails:
        return {}
    rows = AccountMembership.objects.active().filter(
        account__in=accounts, user__emailaddress__email__in=emails, user__emailaddress__verified=True
    )
    accounts_by_email: dict[str, set[int]] = {}
    for email, account in rows.values_list("user__emailaddress__email", "account"):
        accounts_by_email.setdefault(email, set()).add(account)
    return accounts_by_email


def _with_keys(users: Collection[int], accounts: Collection[int]) -> dict[int, set[int]]:
    if not users:
        return {}
    rows = AccountMembership.objects.active().filter(account__in=accounts, user__in=users)
    accounts_by_user: dict[int, set[int]] = {}
    for user, account in rows.values_list("user", "account"):
        accounts_by_user.setdefault(user, set()).add(account)
    return accounts_by_user
