"""What would hold people up, or undo the release before, is found in a migration; its neighbour passes."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from cimar.checks.migrations import BIG, OURS, WHILE_EMPTY, check

NEGATIVE = models.CheckConstraint(name="x", condition=models.Q(n_series__gte=0))
INDEX = models.Index(fields=["description"], name="x")
ADD_HEIGHT = migrations.AddField("study", "height", models.IntegerField(default=0))
ADD_HEIGHT_WELL = migrations.AddField("study", "height", models.IntegerField(default=0, db_default=0))


def nothing(apps: Any, schema_editor: Any) -> None: ...


def rules(*operations: Any, app: str = "studies", atomic: bool = True, source: str = "") -> set[str]:
    """Which rules a migration with these operations breaks, were it the app's next."""
    loader = MigrationLoader(None)
    loader.connection = connection
    (last,) = loader.graph.leaf_nodes(app)
    migration = migrations.Migration("9999_next", app)
    migration.operations, migration.atomic = list(operations), atomic
    state = loader.project_state(last)
    with connection.schema_editor(collect_sql=True, atomic=atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    found = check(migration, "\n".join(editor.collected_sql), "studies/migrations/9999_next.py", source)
    return {finding.sentence.partition(":")[0] for finding in found}


UNINDEXED = models.ForeignKey("studies.Study", models.CASCADE, related_name="placements", db_index=False)
FOUND = [
    ("require-concurrent-index-creation", [migrations.AddIndex("study", INDEX)]),
    ("constraint-missing-not-valid", [migrations.AddConstraint("study", NEGATIVE)]),
    ("not-null-without-db-default", [ADD_HEIGHT]),
    ("ban-drop-column", [migrations.RemoveField("study", "institution")]),
    ("renaming-column", [migrations.RenameField("study", "institution", "hospital")]),
    ("changing-column-type", [migrations.AlterField("study", "n_series", models.BigIntegerField())]),
    ("foreign-key-made-anew", [migrations.AlterField("placement", "study", UNINDEXED)]),
    ("ban-drop-table", [migrations.DeleteModel("LastVisit")]),
    ("no-way-back", [migrations.RunPython(nothing)]),
    ("no-way-back", [migrations.RunSQL("SELECT 1")]),
    ("data-beside-schema", [ADD_HEIGHT_WELL, migrations.RunPython(nothing, nothing)]),
    ("all-rows-at-once", [migrations.RunSQL("UPDATE studies_study SET height = 1", migrations.RunSQL.noop)]),
    (
        "constraint-missing-not-valid",
        [AddConstraintNotValid("study", NEGATIVE), ValidateConstraint("study", "x")],
    ),
    (
        "disallowed-unique-constraint",
        [migrations.RunSQL("ALTER TABLE studies_study ADD CONSTRAINT x UNIQUE (id)", migrations.RunSQL.noop)],
    ),
    (
        "adding-foreign-key-constraint",
        [
            migrations.AddField(
                "study", "sent_by", models.ForeignKey("accounts.User", models.PROTECT, null=True)
            )
        ],
    ),
]
LET_PASS = [
    # Django's own knowledge alone: the index goes beside the traffic.
    [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AlterField("placement", "study", UNINDEXED)]
        )
    ],
    [ADD_HEIGHT_WELL],
    [migrations.AddField("study", "height", models.IntegerField(null=True))],
    [AddConstraintNotValid("study", NEGATIVE)],
    [migrations.AddIndex("lastvisit", models.Index(fields=["at"], name="x"))],
    [migrations.RunPython(nothing, migrations.RunPython.noop)],
    [migrations.RunSQL("UPDATE worklists_worklist SET name = name", migrations.RunSQL.noop)],
    [
        migrations.RunSQL(
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE studies_study SET id = id; END $$",
            "DROP FUNCTION f()",
        )
    ],
    [
        migrations.CreateModel(
            "Note", [("id", models.BigAutoField(primary_key=True)), ("text", models.TextField())]
        )
    ],
]


@pytest.mark.django_db
@pytest.mark.parametrize(("rule", "operations"), FOUND)
def test_what_holds_people_up_is_found(rule: str, operations: list[Any]) -> None:
    assert rule in rules(*operations)


@pytest.mark.django_db
@pytest.mark.parametrize("operations", LET_PASS)
def test_what_holds_nobody_up_passes(operations: list[Any]) -> None:
    assert rules(*operations) == set()


@pytest.mark.django_db(transaction=True)
def test_an_index_built_beside_the_traffic_and_a_later_validation_pass() -> None:
    drop = migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS x", migrations.RunSQL.noop)

    assert rules(drop, AddIndexConcurrently("study", INDEX), atomic=False) == set()
    assert rules(migrations.RunSQL("ALTER TABLE studies_study VALIDATE CONSTRAINT x", "SELECT 1")) == set()


@pytest.mark.django_db
def test_a_migration_may_excuse_itself_with_a_reason_and_only_for_that_rule() -> None:
    operations = [migrations.RemoveField("study", "institution"), migrations.RunPython(nothing)]

    assert rules(*operations, source="# allowed: ban-drop-column: nothing has read it since 1.4") == {
        "no-way-back"
    } | (rules(*operations) - {"ban-drop-column"})
    assert "ban-drop-column" in rules(*operations, source="# allowed: ban-drop-column")


def test_the_list_of_exempt_migrations_names_migrations_that_are_there() -> None:
    there = MigrationLoader(None).disk_migrations or {}

    assert {(app, name) for app, names in WHILE_EMPTY.items() for name in names} <= set(there)
    assert set(WHILE_EMPTY) == set(OURS)


def test_the_big_tables_are_tables() -> None:
    assert {model._meta.db_table for model in apps.get_models()} >= BIG
