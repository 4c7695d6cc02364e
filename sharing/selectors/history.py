"""With whom an organisation shared before: for the dialog's marks, and to ask about emails like one of those.

Only the history of the accounts that a press is made for is read, and of the person's own worklist.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Account, User
from sharing.models import Share
from sharing.selectors.already import Shown
from sharing.selectors.directory import accounts_of
from worklists.models import Worklist

# A share that was taken back or turned down may have gone to a wrong recipient: it makes no recipient a known one.
TAKEN_BACK = frozenset(
    {
        Share.EndReason.ENDED,
        Share.EndReason.WITHDRAWN,
        Share.EndReason.UNDONE,
        Share.EndReason.DECLINED,
        Share.EndReason.REFUSED,
    }
)


# The latest invitations that were accepted: a read with a bound.
LATEST = 1_000


@dataclass(frozen=True)
class History:
    """Whose shares count: those from the worklists of these accounts, and from one personal worklist."""

    accounts: frozenset[int]
    own: int | None = None

    @classmethod
    def of(cls, worklist: Worklist, person: User) -> "History":
        """For a press on this worklist. On a personal worklist, all accounts of its owner count."""
        if worklist.account_id is not None:
            return cls(frozenset({worklist.account_id}))
        return cls(accounts_of(person), worklist.pk)

    @property
    def given(self) -> dict[str, Any]:
        return {"accounts": sorted(self.accounts), "own": self.own, "taken_back": sorted(TAKEN_BACK)}


def types_emails_twice(worklist: Worklist, person: User) -> bool:
    """Whether new emails are typed twice; on a personal worklist, where any of its owner's accounts asks for it."""
    if worklist.account is not None:
        return worklist.account.types_emails_twice
    return Account.objects.filter(pk__in=accounts_of(person), types_emails_twice=True).exists()


@dataclass(frozen=True)
class Acquaintance:
    """Of the recipients that a dialog shows, by their key in `Shown`: who is known, and whose code is of elsewhere."""

    known: frozenset[int | UUID | str] = frozenset()
    outside: frozenset[str] = frozenset()


def acquaintance(history: History, shown: Shown) -> Acquaintance:
    """Who was shared with before, by whatever method and by whomever of these accounts. One statement."""
    if not (shown.worklists or shown.people or shown.codes or shown.emails):
        return Acquaintance()
    given = {
        **history.given,
        "worklists": list(shown.worklists),
        "people": list(shown.people),
        "codes": list(filter(None, shown.codes)),
        "emails": list(filter(None, shown.emails)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACQUAINTANCE, given)
        rows = cursor.fetchall()
    # Of the four keys of a row, one is filled.
    keyed = [(next(filter(None, row[:4])), *row[4:]) for row in rows]
    return Acquaintance(
        frozenset(key for key, is_known, _ in keyed if is_known),
        frozenset(key for key, _, is_outside in keyed if is_outside),
    )


@dataclass(frozen=True)
class Emails:
    """Of some emails those that were used and those that went into two presses or more; and domains alone."""

    used: frozenset[str]
    frequent: frozenset[str]
    domains: frozenset[str]


def emails_used(emails: Collection[str], history: History, person: User) -> Emails:
    """Which of these emails were shared with by email, and the domains of the person and of recipients. One statement.

    It costs one pass over the places of these emails in an index, however many shares and worklists there are. Of the
    domains only those of accepted invitations count: a mail arrived there, so that the domain was not mistyped.
    """
    given = {**history.given, "emails": list(emails), "person": person.pk, "latest": LATEST}
    with connection.cursor() as cursor:
        cursor.execute(_USED, given)
        rows = cursor.fetchall()
    domains = {domain for email, _, domain in rows if not email} | {person.email.rpartition("@")[2].lower()}
    return Emails(
        frozenset(email for email, _, _ in rows if email),
        frozenset(email for email, is_frequent, _ in rows if is_frequent),
        frozenset(domains),
    )


_OURS = """
WITH ours AS MATERIALIZED (
    SELECT id, account_id FROM worklists_worklist WHERE account_id = ANY(%(accounts)s) OR id = %(own)s::bigint
)"""

_ACQUAINTANCE = f"""{_OURS}, shown AS (
    SELECT id AS worklist, NULL::uuid AS person, NULL AS code, id AS target, false AS outside
    FROM unnest(%(worklists)s::bigint[]) AS id
    UNION ALL
    SELECT NULL, o.uuid, NULL, w.id, false
    FROM accounts_user o JOIN worklists_worklist w ON w.owner_id = o.id WHERE o.uuid = ANY(%(people)s::uuid[])
    UNION ALL
    SELECT NULL, NULL, w.share_code, w.id, NOT (
        COALESCE(w.account_id = ANY(%(accounts)s), false)
        OR EXISTS (SELECT FROM accounts_accountmembership m WHERE m.user_id = w.owner_id AND m.active
                   AND m.account_id = ANY(%(accounts)s)))
    FROM worklists_worklist w WHERE w.share_code = ANY(%(codes)s)
)
SELECT worklist, person, code, NULL AS email, EXISTS (
    SELECT FROM sharing_share s JOIN ours ON ours.id = s.from_worklist_id
    WHERE s.to_worklist_id = shown.target AND s.end_reason <> ALL(%(taken_back)s)), outside
FROM shown
UNION ALL
SELECT NULL, NULL, NULL, email, EXISTS (
    SELECT FROM sharing_share s JOIN ours ON ours.id = s.from_worklist_id
    WHERE s.method = 'email' AND s.address = email AND s.end_reason <> ALL(%(taken_back)s)), false
FROM unnest(%(emails)s::text[]) AS email
"""

# The emails are looked up first, all in one pass of the index, and the few that anyone used are then asked about.
# Asked about at once, each of two thousand spellings would be searched for on each of the account's worklists.
_USED = f"""{_OURS}, met AS MATERIALIZED (
    SELECT DISTINCT address AS email FROM sharing_share
    WHERE method = 'email' AND address = ANY(%(emails)s::text[])
)
SELECT email, EXISTS (
    SELECT FROM sharing_share s JOIN ours ON ours.id = s.from_worklist_id
    WHERE s.method = 'email' AND s.address = email AND s.end_reason <> ALL(%(taken_back)s)
      AND s.press <> first.press), ''
FROM met CROSS JOIN LATERAL (
    SELECT s.press FROM sharing_share s JOIN ours ON ours.id = s.from_worklist_id
    WHERE s.method = 'email' AND s.address = email AND s.end_reason <> ALL(%(taken_back)s) LIMIT 1
) AS first
UNION ALL
SELECT DISTINCT '', false, lower(split_part(latest.email, '@', -1)) FROM (
    SELECT address AS email FROM accounts_invitation
    WHERE (account_id = ANY(%(accounts)s) OR by_user_id = %(person)s) AND accepted_at IS NOT NULL
    ORDER BY id DESC LIMIT %(latest)s
) AS latest
"""
