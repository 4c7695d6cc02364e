"""What every table holds, in one short value each: two equal fingerprints mean that nothing was written."""

from django.db import connection

# Sign-in and rate limits write these on every request.
NOISE = {"django_session", "cache", "accounts_tally", "audit_refusalburst"}
AUDIT = "audit_auditevent"
# That a page was read is an event, and no change: after a refusal the form, or the list it stands on, is shown again.
PAGES_READ = "('account:administration:open', 'account:invitation:list')"
READ = f"(SELECT * FROM {AUDIT} WHERE action NOT IN {PAGES_READ})"


def rows_written(*, but: set[str] | None = None) -> dict[str, int]:
    """For each table of a fingerprint how often this transaction has written a row, undone writes too.

    Where the numbers are the same nothing was written, which is cheaper to know than two fingerprints.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND relname <> ALL(%s)",
            [list(NOISE | (but or set()))],
        )
        return dict(cursor.fetchall())


def fingerprint(*, but: set[str] | None = None) -> dict[str, tuple[int, str]]:
    """Row count and checksum of each table, in one statement."""
    tables = sorted(set(connection.introspection.table_names()) - NOISE - (but or set()))
    each = " UNION ALL ".join(
        f"SELECT '{table}', count(*), COALESCE(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') "
        f"FROM {READ if table == AUDIT else connection.ops.quote_name(table)} t"
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(each)
        return {table: (rows, digest) for table, rows, digest in cursor.fetchall()}
