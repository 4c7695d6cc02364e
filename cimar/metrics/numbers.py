"""Every number that is counted as things happen. Labels name pages, tasks and actions: never a person or a study."""

import os
from pathlib import Path

from prometheus_client import Counter, Histogram, disable_created_metrics

# The client wants it there before the first number.
if _folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    Path(_folder).mkdir(parents=True, exist_ok=True)

# Without a second series for the creation time of each, which no one reads.
disable_created_metrics()

REQUESTS = Histogram(
    "cimar_request_seconds",
    "Requests by page, method and status, and how long their answers took.",
    ["route", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
TASKS = Histogram(
    "cimar_task_seconds",
    "Tasks by name and outcome (done, failed, again), and how long they took.",
    ["task", "outcome"],
    buckets=(0.05, 0.25, 1, 5, 15, 60, 240, 600),
)
EVENTS = Counter(
    "cimar_audit_events_total",
    "Events that the audit trail has recorded, by action and outcome.",
    ["action", "outcome"],
)
SHARES = Counter(
    "cimar_shares_total",
    "Rows of presses of Share Studies, by method and outcome.",
    ["method", "outcome"],
)
DATABASE_ERRORS = Counter(
    "cimar_database_errors_total",
    "Statements that failed, by the kind of error.",
    ["error"],
)
SLOW_STATEMENTS = Counter(
    "cimar_slow_statements_total",
    "Statements that took longer than CIMAR_SLOW_QUERY_MS.",
)
# By what the DIMSE receiver counts.
RECEIVED = {
    "association": Counter(
        "cimar_associations_total",
        "Associations that machines asked the DIMSE receiver for, by outcome.",
        ["outcome"],
    ),
    "object": Counter(
        "cimar_received_objects_total",
        "Objects that machines sent to the DIMSE receiver, by outcome.",
        ["outcome"],
    ),
}
