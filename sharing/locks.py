"""The rows a share depends on, locked in the product's one order: users, memberships, worklists, then studies."""

from collections.abc import Collection

from django.db import connection


def lock_directory(*, users: Collection[int], accounts: Collection[int], worklists: Collection[int]) -> None:
    """Hold these users, their memberships in these accounts, and these worklists as they are (FOR SHARE)."""
    with connection.cursor() as cursor:
        if users:
            cursor.execute(
                "SELECT FROM accounts_user WHERE id = ANY(%s) ORDER BY id FOR SHARE",
                [sorted(users)],
            )
        if users and accounts:
            cursor.execute(
                "SELECT FROM accounts_accountmembership WHERE user_id = ANY(%s) AND account_id = ANY(%s) "
                "ORDER BY id FOR SHARE",
                [sorted(users), sorted(accounts)],
            )
        if worklists:
            cursor.execute(
                "SELECT FROM worklists_worklist WHERE id = ANY(%s) ORDER BY id FOR SHARE",
                [sorted(worklists)],
            )


def lock_maker(*, user: int, account: int | None) -> None:
    """Hold the rights of a person on the worklists of an account as they are (FOR SHARE).

    Each change of rights holds the account's row, and a person's deactivation the person's.
    """
    with connection.cursor() as cursor:
        if account is not None:
            cursor.execute("SELECT FROM accounts_account WHERE id = %s FOR SHARE", [account])
        cursor.execute("SELECT FROM accounts_user WHERE id = %s FOR SHARE", [user])
