"""What a person may see of studies, and the pages and pictures of it."""

from studies.renderer import FRAMES_SHOWN
from studies.selectors.all_lists import matching_in_all, page_of_all
from studies.selectors.arriving import still_arriving
from studies.selectors.beside import beside_in, instances_by_uid, series_of_instance
from studies.selectors.corrections import changes_in, changes_of, other_studies_of, others_of_mrn
from studies.selectors.images import (
    chosen_series,
    deviations_of,
    files_of,
    images_in,
    instance_seen_by,
    left_out_of_deidentified,
    preparing,
    series_of,
)
from studies.selectors.listing import MOST_HITS, MOST_SELECTED, PAGE, StudiesPage, matching, page_of
from studies.selectors.questions import Cursor, Order, Question, Sort
from studies.selectors.retrieval import instance_seen_by_uid, instances_in, metadata_of, study_seen_by
from studies.selectors.sendings import (
    destinations_from,
    how_far,
    kinds_to_send,
    next_to_send,
    sending_of,
    sendings_of,
)
from studies.selectors.uploads import (
    asides_in,
    begun_in,
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
from studies.selectors.viewer import series_with, study_seen_on, viewer_series
from studies.selectors.visibility import (
    placement_for,
    placement_to_view,
    placements_for,
    placements_to_decide_on,
    placements_visible_to,
    seen_at,
)
from studies.selectors.worklists import (
    last_visited,
    news_elsewhere,
    worklist_for,
    worklist_to_upload_to,
    worklists_with_news,
)

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
    "begun_in",
    "beside_in",
    "changes_in",
    "changes_of",
    "chosen_series",
    "destinations_from",
    "deviations_in",
    "deviations_of",
    "file_rows",
    "files_of",
    "how_far",
    "images_in",
    "instance_seen_by",
    "instance_seen_by_uid",
    "instances_by_uid",
    "instances_in",
    "is_open",
    "kinds_in",
    "kinds_to_send",
    "last_visited",
    "left_out_of_deidentified",
    "marks_in",
    "matching",
    "matching_in_all",
    "metadata_of",
    "news_elsewhere",
    "next_to_send",
    "open_uploads",
    "other_studies_of",
    "others_of_mrn",
    "page_of",
    "page_of_all",
    "placement_for",
    "placement_to_view",
    "placements_for",
    "placements_to_decide_on",
    "placements_visible_to",
    "preparing",
    "refusals_in",
    "seen_at",
    "sending_of",
    "sendings_of",
    "series_of",
    "series_of_instance",
    "series_with",
    "still_arriving",
    "studies_in",
    "study_seen_by",
    "study_seen_on",
    "upload_of",
    "viewer_series",
    "worklist_for",
    "worklist_to_upload_to",
    "worklists_with_news",
]
