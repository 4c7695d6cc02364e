"""python -m cimar.checks.migrations: migrations that would hold up the people who use the site, or undo their work.

Read by squawk as SQL, and by rules of our own as operations. The yardstick: no lock longer than a second on a table of
a million studies, and the code of the release before goes on working while the new one is rolled out.
A migration that must break a rule says so and why: `# allowed: RULE: because …`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cimar.checks.code import Finding

CHECKOUT = Path(__file__).resolve().parent.parent.parent
OURS = ("audit", "accounts", "worklists", "studies", "sharing")

# Made while every table was empty, so they could not hold up anyone. Nothing is ever added to this list.
WHILE_EMPTY = {
    "audit": ("0001_initial", "0002_append_only", "0003_shares_to_a_worklist"),
    "accounts": ("0001_initial", "0002_law"),
    "worklists": ("0001_initial", "0002_law", "0003_platform_roles"),
    "studies": ("0001_initial", "0002_initial", "0003_law"),
    "sharing": ("0001_initial", "0002_initial", "0003_net", "0004_share_address"),
}
# Tables that grow with studies, views and mails. All others grow with people and worklists: they are read in no time.
BIG = {
    "audit_auditevent",
    "accounts_outboxmail",
    "sharing_notice",
    "sharing_share",
    "studies_blob",
    "studies_imagesserved",
    "studies_instance",
    "studies_instancemetadata",
    "studies_placement",
    "studies_series",
    "studies_study",
    "studies_uploadedfile",
    "django_session",
}

# The rules of squawk that apply: on every table, changes that would break the code of the release before …
ANYWHERE = {
    "adding-required-field",
    "ban-drop-column",
    "ban-drop-database",
    "ban-drop-table",
    "ban-truncate-cascade",
    "renaming-column",
    "renaming-table",
}
# … and on big tables, changes that read or rewrite all of it under a lock.
ON_BIG = {
    "adding-field-with-default",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-serial-primary-key-field",
    "ban-concurrent-index-creation-in-transaction",
    "changing-column-type",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "require-concurrent-index-creation",
    "require-concurrent-index-deletion",
}
SENTENCES = {
    "adding-foreign-key-constraint": "add the constraint NOT VALID, and validate it in a migration of its own",
    "adding-required-field": "the release before does not fill it: give it a db_default, or let it be NULL first",
    "ban-drop-column": "the release before still reads it: stop using it in one release, drop it in the next",
    "ban-drop-table": "the release before still reads it: stop using it in one release, drop it in the next",
    "changing-column-type": "every row is rewritten under a lock: add a column, fill it in batches, swap later",
    "constraint-missing-not-valid": "all rows are read under a lock: AddConstraintNotValid here, ValidateConstraint in "
    "a migration of its own",
    "disallowed-unique-constraint": "build the unique index CONCURRENTLY first, then add the constraint USING INDEX",
    "renaming-column": "the release before knows only the old name: add the new one, fill both, drop later",
    "renaming-table": "the release before knows only the old name",
    "require-concurrent-index-creation": "writes wait until it is built: AddIndexConcurrently, atomic = False",
    "require-concurrent-index-deletion": "every query waits: RemoveIndexConcurrently, atomic = False",
}


def check(migration: Any, sql: str, path: str, source: str) -> list[Finding]:
    """What is wrong with one migration: its operations, and the SQL that they come to."""
    breaches = [*_operations(migration, path), *_squawked(sql, path, atomic=migration.atomic)]
    excused = set(re.findall(r"# allowed: ([a-z-]+): \S", source))
    return [finding for finding in breaches if finding.sentence.partition(":")[0] not in excused]


def _operations(migration: Any, path: str) -> Iterator[Finding]:
    from django.db import migrations

    for operation in _inside(migration.operations):
        if not getattr(operation, "reversible", True):
            yield Finding(
                path, 1, "no-way-back: give it a reverse, RunSQL.noop or RunPython.noop if nothing is to do."
            )
        if isinstance(operation, migrations.AddField) and _unfilled(operation.field):
            yield Finding(
                path,
                1,
                f"not-null-without-db-default: {operation.name} is not filled by the release before, which still "
                "writes rows during the upgrade: give it a db_default.",
            )
        if isinstance(operation, migrations.AlterField) and getattr(operation.field, "db_constraint", False):
            table = f"{migration.app_label}_{operation.model_name_lower}"
            if table in BIG:
                yield Finding(
                    path,
                    1,
                    f"foreign-key-made-anew: {table}: Django drops the constraint of an altered field and reads "
                    "all rows under a lock to make it again: change the state alone, and on the database what has "
                    "to change there.",
                )
        if isinstance(operation, migrations.RunPython) and migration.atomic and len(migration.operations) > 1:
            yield Finding(
                path,
                1,
                "data-beside-schema: rows are worked on while the locks of the other operations are held: "
                "put the RunPython into a migration of its own.",
            )
        if isinstance(operation, migrations.RunSQL):
            for table in sorted(_rewritten(operation.sql) & BIG):
                yield Finding(
                    path,
                    1,
                    f"all-rows-at-once: {table} is big: fill it in batches, in a command that may be stopped.",
                )


def _inside(operations: Iterable[Any]) -> Iterator[Any]:
    """Every operation, also those on the database's side of SeparateDatabaseAndState."""
    for operation in operations:
        inner = getattr(operation, "database_operations", None)
        if inner is None:
            yield operation
        else:
            yield from _inside(inner)


def _unfilled(field: Any) -> bool:
    from django.db.models import NOT_PROVIDED, ManyToManyField

    if isinstance(field, ManyToManyField) or field.null or field.primary_key:
        return False
    return field.db_default is NOT_PROVIDED


def _rewritten(sql: Any) -> set[str]:
    text = sql if isinstance(sql, str) else " ".join(str(part) for part in sql)
    # Not inside a function, which only says what will happen.
    outside = re.sub(r"\$(\w*)\$.*?\$\1\$", "", text, flags=re.DOTALL)
    return set(re.findall(r'(?i)\b(?:update|delete\s+from)\s+(?:only\s+)?"?(\w+)', outside))


def _squawked(sql: str, path: str, *, atomic: bool) -> Iterator[Finding]:
    squawk = Path(sys.executable).parent / "squawk"
    inside = ["--assume-in-transaction"] if atomic else []
    done = subprocess.run(
        [squawk, "--reporter", "json", *inside, "--stdin-filepath", "migration.sql"],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1) or not done.stdout.strip().startswith("["):
        yield Finding(path, 1, f"squawk could not read it: {done.stderr.strip()[:200]}")
        return
    for report in json.loads(done.stdout):
        rule, table = report["rule_name"], _table_at(sql, report["line"])
        if rule == "syntax-error":
            yield Finding(path, 1, f"squawk could not read it: {report['message']}")
        elif rule in ANYWHERE or (rule in ON_BIG and (table in BIG or not table)):
            advice = SENTENCES.get(rule, report["message"].rstrip("."))
            yield Finding(path, 1, f"{rule}: {table or 'a table'}: {advice}.")


def _table_at(sql: str, line: int) -> str:
    """The table of the statement that a line (from 0) belongs to; nothing where the statement names none."""
    lines = sql.splitlines()
    first = line
    while first > 0 and not re.search(r"(;|^--.*)\s*$", lines[first - 1]):
        first -= 1
    statement = " ".join(lines[first : line + 1])
    table = re.search(
        r'(?i)\b(?:table|on|update|from|into)\s+(?:if\s+(?:not\s+)?exists\s+)?(?:only\s+)?"?(\w+)"?',
        statement,
    )
    return table[1] if table else ""


def findings() -> list[Finding]:
    """Of every migration of ours that tables with rows will see."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    # Read without a database, so that the order of the migrations alone counts; the connection is for its SQL.
    loader = MigrationLoader(None, replace_migrations=False)
    loader.connection = connection
    breaches: list[Finding] = []
    for app, name in sorted(loader.disk_migrations or {}):
        if app not in OURS or name in WHILE_EMPTY[app]:
            continue
        migration = loader.get_migration(app, name)
        path = CHECKOUT / app / "migrations" / f"{name}.py"
        sql = "\n".join(loader.collect_sql([(migration, False)]))
        breaches += check(migration, sql, path.relative_to(CHECKOUT).as_posix(), path.read_text())
    return breaches


def main() -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimar.settings")
    os.environ["CIMAR_DATABASE_ROLE"] = "owner"
    django.setup()
    breaches = findings()
    print(*breaches, sep="\n", end="\n" if breaches else "")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
