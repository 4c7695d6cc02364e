"""bin/bench runs from nothing to its table. What it measures is not judged here: a test is no stopwatch."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from bench import budgets
from bench.__main__ import GROUPS
from bench.growth import INSTANCES, times_linear
from bench.profile import Profile
from bench.rows import ingest
from bench.table import HEAD, Row, loaded, markdown, missing
from bench.uploading import parts_of
from cimar.installation import CHECKOUT

MB = 1024 * 1024

PROMISED = (
    "page of 3,000, by arrived, first page",
    "page of 3,000, by name, deep page",
    "a page of 50 studies, from the request to its answer",
    "search for a name common elsewhere, absent here",
    "search for a modality, rare",
    "may this person do this to this placement",
    "tick a permission in a role of 50 people on 12 worklists",
    "share 1 study to 1 target",
    "share 50 studies to 10 targets in one press",
    "end a share that 500 onward shares hang on, in a star",
    "who has access to a study with a few shares",
    "who has access, up to 200 worklists: shared in a chain, the whole page",
    "who has access, shared in a chain: 10, 50, 200 worklists",
    "the audit trail of a study, its first page: 100, 10,000 events",
    "serve one stored frame",
    "take in 400 studies of one instance",
    "take in one study of 100, 200, 400 instances",
    "make the previews of one study of 100, 200, 400 instances",
    "store 400 instances of 34 kB by STOW-RS",
    "store 400 instances of 34 kB by STOW-RS, 50 in a request, 2 senders at once",
    "upload 1,000 instances of 34 kB from the page",
    "metadata of a series of 400 instances",
    "a frame of 524 kB by DICOMweb",
    "store and retrieve a study of 1,000 instances",
    "QIDO-RS, 1 of 3,000 studies, by a patient's ID",
    "migrations at 10000 studies",
)


@pytest.mark.slow
def test_the_quick_bench_prints_a_row_for_every_budget():
    profile = Profile(f"test-bench-{os.getpid()}")
    command = [sys.executable, "-m", "bench", "--quick", "--profile", profile.places.profile]
    try:
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    finally:
        profile.stop()
        for folder in (profile.places.servers_home(), profile.places.home, profile.places.sockets):
            shutil.rmtree(folder, ignore_errors=True)

    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert tuple(cells[0]) == HEAD
    assert {len(line) for line in cells} == {len(HEAD)}
    assert [what for what in PROMISED if not any(line[0].startswith(what) for line in cells[2:])] == []
    promises = {line[1] for line in cells[2:]}
    assert [one.what for one in (*budgets.DESIGN, *budgets.OURS) if one.promise not in promises] == []
    assert [line[0] for line in cells[2:] if line[5] == "missing"] == [
        budget.what for budget in budgets.DESIGN if not budget.group
    ]


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_measures_the_budgets_that_the_one_table_gives_it(group):
    """No budget is typed into a row, none is given to a group that does not measure it."""
    source = (CHECKOUT / "bench" / "rows" / f"{group}.py").read_text()
    used = set(re.findall(r"budgets\.([A-Z_]+)\b", source)) - {"NOTHING"}
    given = {name for name, budget in vars(budgets).items() if getattr(budget, "group", "") == group}

    assert used == given
    assert not re.search(r"\"[≤≥]", source)


def test_every_budget_stands_in_the_table_once_and_is_measured_or_said_to_be_missing():
    every = [
        budget
        for budget in vars(budgets).values()
        if isinstance(budget, budgets.Budget) and budget != budgets.NOTHING
    ]

    assert sorted(budget.what for budget in every) == sorted(
        one.what for one in (*budgets.DESIGN, *budgets.OURS)
    )
    assert {budget.group for budget in every} - {""} == set(GROUPS)
    assert [budget.what for budget in every if bool(budget.group) == bool(budget.why_missing)] == []


def test_a_promise_that_nothing_measures_is_missing():
    promise = replace(budgets.PAST, group="", why_missing="not yet")
    row = missing(promise)

    assert (row.what, row.verdict) == (promise.what, "missing")
    assert loaded(row.dumped()) == row


def test_a_row_survives_the_way_between_processes():
    row = Row("what", budgets.MAY, "1 ms", ok=False, ok_alone=True, key="k", number=1.5)

    assert loaded(row.dumped()) == row


@pytest.mark.parametrize(
    ("ok", "alone", "verdict"),
    [
        (True, True, "kept"),
        (False, True, "kept in processor time"),
        (False, False, "MISSED"),
        (None, False, ""),
    ],
)
def test_the_verdict_is_a_word(ok, alone, verdict):
    assert Row("what", budgets.MAY, "1 ms", ok=ok, ok_alone=alone).verdict == verdict


def test_the_table_is_markdown_of_equal_widths():
    table = markdown(
        [Row("short", budgets.NOTHING, "1 ms"), Row("a longer one", budgets.END, "1.5 s", ok=True)]
    ).splitlines()

    assert len({len(line) for line in table}) == 1
    assert table[1].strip("|-") == ""


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([1] * 120, [50, 50, 20]),
        ([6 * MB] * 5, [2, 2, 1]),
        ([MB, 15 * MB, 1, 17 * MB, 1], [2, 1, 1, 1]),
        ([], []),
    ],
    ids=["by number", "by size", "a large one alone", "nothing"],
)
def test_files_are_uploaded_in_the_parts_of_the_page(sizes, parts):
    files = iter([bytes(size) for size in sizes])

    assert [len(part) for part in parts_of(files)] == parts


@pytest.mark.parametrize(
    ("took", "times"),
    [
        ({10: 30.0, 50: 150.0, 200: 600.0}, 1.0),
        ({10: 30.0, 50: 40.0, 200: 80.0}, 0.5),
        ({10: 1.0, 50: 25.0, 200: 400.0}, 5.0),
    ],
    ids=["linear", "less", "quadratic"],
)
def test_growth_is_what_a_unit_costs_beside_the_size_before(took, times):
    assert times_linear(took) == pytest.approx(times)


@pytest.mark.parametrize(
    ("each", "verdict"),
    [((9.1, 8.6, 7.9), "kept"), ((13.5, 17.9, 22.7), "MISSED")],
    ids=["claimed in slices", "all ids for each claim"],
)
def test_previews_that_grow_with_the_square_of_the_images_miss_their_budget(each, verdict):
    took = {
        size: [ingest.Took(wall=size * instance, busy=size * instance)]
        for size, instance in zip(INSTANCES, each, strict=True)
    }

    assert ingest._growth("previews", took, key="k").verdict == verdict
