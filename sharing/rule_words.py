"""A rule about who may share with whom, in words: for the page of its account, and for the audit."""

from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import override

from sharing.models import ShareRule

To = ShareRule.To


class RuleWords(NamedTuple):
    """The parts of a rule as the list of an account's rules shows them."""

    verdict: str
    source: str
    way: str
    target: str


def words_of(rule: ShareRule) -> RuleWords:
    """Select the worklists and the account that the rule names with it."""
    return RuleWords(
        _("Allow") if rule.allows else _("Forbid"),
        _source(rule),
        str(ShareRule.Way(rule.method).label) if rule.method else _("Any way"),
        _target(rule),
    )


def stored_words(rule: ShareRule) -> str:
    """The same in one line of English, for events, which are stored."""
    with override("en"):
        verdict, source, way, target = words_of(rule)
    return f"{verdict}; from: {source}; by: {way}; to: {target}"  # allowed: stored in events


def _source(rule: ShareRule) -> str:
    if rule.from_worklist is not None:
        return str(rule.from_worklist.name)
    return str(ShareRule.Kind(rule.from_kind).label) if rule.from_kind else _("Any worklist")


def _target(rule: ShareRule) -> str:
    match rule.to:
        case To.WORKLIST:
            whom = rule.to_worklist.name if rule.to_worklist is not None else ""
        case To.ACCOUNT:
            whom = rule.to_account.name if rule.to_account is not None else ""
        case To.DOMAIN:
            whom = f"@{rule.to_domain}"
        case _:
            whom = str(To(rule.to).label)
    if not rule.to_kind:
        return whom
    return _("%(whom)s: %(kind)s") % {"whom": whom, "kind": ShareRule.Kind(rule.to_kind).label}
