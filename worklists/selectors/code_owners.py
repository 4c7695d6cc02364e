"""Whose share code it is, in words that its owner cannot choose."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.models import Account
from worklists.models import Worklist


def code_owner(account: Account) -> str:
    """Town and domain as the platform has checked them, and whether it has confirmed the account's name."""
    confirmed = (
        _("confirmed by CIMAR") if account.name_confirmed_at is not None else _("not confirmed by CIMAR")
    )
    return ", ".join(part for part in (account.town, account.domain, confirmed) if part)


def owners_of_codes(codes: Iterable[str]) -> dict[str, str]:
    """The owner of each code: of a personal worklist the domain of the person's proved email. One query."""
    wanted = list(codes)
    if not wanted:
        return {}
    rows = Worklist.objects.filter(share_code__in=wanted).with_names()
    return {row.share_code: _owner(row) for row in rows if row.share_code}


def _owner(worklist: Worklist) -> str:
    if worklist.account is not None:
        return code_owner(worklist.account)
    domain = worklist.owner.email.rpartition("@")[2] if worklist.owner is not None else ""
    return _("a person with an email address at %(domain)s") % {"domain": domain}
