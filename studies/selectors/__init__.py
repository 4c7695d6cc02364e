"""What a person may see of studies, and the pages and pictures of it."""

from studies.renderer import FRAMES_SHOWN
from studies.selectors.corrections import changes_in, changes_of, others_of_mrn
from studies.selectors.images import (
    chosen_series,
    deviations_of,
    files_of,
    images_in,
    instance_seen_by,
    preparing,
    series_of,
)
from studies.selectors.listing import MOST_HITS, MOST_SELECTED, PAGE, StudiesPage, matching, page_of
from studies.selectors.questions import Cursor, Order, Question, Sort
from studies.selectors.retrieval import instances_in, layout_row_of, metadata_of, study_seen_by
from studies.selectors.uploads import (
    asides_in,
    deviations_in,
    file_rows,
    is_open,
    kinds_in,
    marks_in,
    open_uploads,
    refusals_in,
    studies_in,
    upload_of,
)
from studies.selectors.visibility import placement_for, placements_for, placements_visible_to, seen_at
from studies.selectors.worklists import last_visited, worklist_for, worklist_to_upload_to, worklists_with_news

__all__ = [
    "FRAMES_SHOWN",
    "MOST_HITS",
    "MOST_SELECTED",
    "PAGE",
    "Cursor",
    "Order",
    "Question",
    "Sort",
    "StudiesPage",
    "asides_in",
    "changes_in",
    "changes_of",
    "chosen_series",
    "deviations_in",
    "deviations_of",
    "file_rows",
    "files_of",
    "images_in",
    "instance_seen_by",
    "instances_in",
    "is_open",
    "kinds_in",
    "last_visited",
    "layout_row_of",
    "marks_in",
    "matching",
    "metadata_of",
    "open_uploads",
    "others_of_mrn",
    "page_of",
    "placement_for",
    "placements_for",
    "placements_visible_to",
    "preparing",
    "refusals_in",
    "seen_at",
    "series_of",
    "studies_in",
    "study_seen_by",
    "upload_of",
    "worklist_for",
    "worklist_to_upload_to",
    "worklists_with_news",
]
