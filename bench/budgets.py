"""What the design promises (section "Budgets"), row by row, and what we promise beside it: the one place that says so.

A row without a group is not measured yet: the table says "missing".
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """`what` and `promise` in the design's words; `group` is the module of `bench.rows` that measures it.

    Numbers are the promise once more, for the verdict: milliseconds, statements, how many a second, how many times as
    much as before or beside something, megabytes of all processes of web and of the worker.
    """

    what: str = ""
    promise: str = ""
    group: str = ""
    ms: float = 0
    statements: int = 0
    rate: float = 0
    times: float = 0
    web: float = 0
    worker: float = 0
    why_missing: str = ""


NOTHING = Budget()

# --- The design's rows, in its order

PAGE = Budget(
    "one page (50 rows) of a worklist with 300,000 placements, any of the three sorts, any depth",
    "≤ 8 queries, ≤ 20 ms in the database, flat from 10 thousand to 1 million studies",
    "lists",
    ms=20,
    statements=8,
    # Flat is no more than this many times as long at the greater size.
    times=2,
)
SEARCH = Budget(
    "search in that worklist, also for a name common elsewhere and absent here",
    "≤ 50 ms in the database",
    "lists",
    ms=50,
)
MAY = Budget("may this user do this to this placement", "≤ 2 ms, one statement", "rights", ms=2, statements=1)
SHARE = Budget(
    "share 1 study to 1 target, audit included",
    "≥ 50 per second sustained on 2 cores, p95 ≤ 100 ms",
    "shares",
    ms=100,
    rate=50,
)
PRESS = Budget(
    "share 500 studies to 20 targets in one press", "≤ 4 s, ≤ 60 queries", "shares", ms=4_000, statements=60
)
END = Budget("end a share with 10,000 onward shares", "≤ 2 s", "shares", ms=2_000)
ACCESS = Budget("who has access to a study, up to 200 worklists", "≤ 100 ms", "access", ms=100)
PAST = Budget(
    "who could see a study at a past moment, and why",
    "≤ 200 ms",
    "access",
    ms=200,
)
FRAME = Budget(
    "serve one stored instance or frame",
    "≤ 3 queries and ≤ 3 ms above sending the file",
    "images",
    ms=3,
    statements=3,
)
QIDO = Budget(
    "QIDO search, any page of 50, worklist of 300,000",
    "≤ 50 ms in the database; ≥ 10 × Orthanc's (Debian's) rate at 30,000 in the same run",
    "dicomweb",
    ms=50,
    times=10,
)
METADATA = Budget(
    "metadata of a series of 2,000 instances",
    "≤ 1 s, memory flat",
    "dicomweb",
    ms=1_000,
)
INGEST = Budget(
    "ingest",
    "≥ Orthanc's rate, same files, machine and run; memory bounded at 5,000 instances",
    "dicomweb",
    times=1,
)
VIEWER = Budget(
    "viewer, 500-slice CT, 30/5 Mbit/s and 10 ms, code cold",
    "first full image ≤ 2.5 s, every slice scrollable ≤ 3 s after ≤ 6 requests, ≤ 100 kB of metadata before the first "
    "image; ≥ 3 × OHIF in the same run",
    "viewer",
    ms=2_500,
    times=3,
)
TICK = Budget(
    "tick a permission in a role held by 5,000 people on 300 worklists", "≤ 1 s", "rights", ms=1_000
)
MIGRATIONS = Budget("migrations at 1 million studies", "no lock held over 1 s", "law", ms=1_000)

DESIGN = (
    PAGE, SEARCH, MAY, SHARE, PRESS, END, ACCESS, PAST, FRAME, QIDO, METADATA, INGEST, VIEWER, TICK, MIGRATIONS,
)  # fmt: skip

# --- Ours beside it

ANSWERED = Budget("the studies page of 50 rows, answered", "≤ 40 ms", "lists", ms=40)
SMALL_STUDIES = Budget(
    "take in studies of one instance, without previews", "≥ 250 a second", "ingest", rate=250
)
LAW = Budget("the law on 10,000 shares of one study", "≤ 0.2 s", "law", ms=200)
SCROLL = Budget("scrolling in the viewer", "≥ 30 frames a second, no blank frame", "viewer", rate=30)
TAB = Budget("the memory of a tab with 1,000 slices", "≤ 700 MB", "viewer", ms=700)
ACCESS_GROWTH = Budget("who has access, as shares grow in number", "≤ 1.3 × linear", "access", times=1.3)
TRAIL_GROWTH = Budget("the audit trail, as events grow in number", "≤ 1.3 × linear", "access", times=1.3)
INGEST_GROWTH = Budget(
    "instances taken in and their previews made, as they grow in number",
    "≤ 1.3 × linear",
    "ingest",
    times=1.3,
)
WEB_FRAME = Budget(
    "a frame by DICOMweb",
    "≤ 3 ms above sending the file; ≥ Orthanc's rate in the same run",
    "dicomweb",
    ms=3,
    times=1,
)

# Half of what their containers may have: 1 GB for web, 3 GB for a worker.
UPLOAD = Budget(
    "5,000 instances uploaded from the page, by two processes of web and two of the worker",
    "all taken in; web ≤ 512 MB, worker ≤ 1.5 GB",
    "upload",
    web=512,
    worker=1536,
)

ALIKE = Budget(
    "whether a typed email looks like one that was used before, of 200,000",
    "≤ 5 ms in the database",
    "shares",
    ms=5,
)

OURS = (
    ANSWERED, SMALL_STUDIES, LAW, SCROLL, TAB, ACCESS_GROWTH, TRAIL_GROWTH, INGEST_GROWTH, WEB_FRAME, UPLOAD, ALIKE,
)  # fmt: skip
