"""What may be done with a study, and every read of a study."""

from studies.services.correcting import (
    begin_correction,
    check_correction,
    correct_study,
    may_correct,
    present_values,
    values_mark,
)
from studies.services.dicom_search import Matches, search_by_dicom
from studies.services.downloads import Download, DownloadedStudy, begin_download, send_download
from studies.services.erasing import erase_study
from studies.services.image_order import store_missing_image_order
from studies.services.ingest import carry_in, check_upload, take_in_all
from studies.services.instances import Part, StoredFile, open_instance
from studies.services.leftovers import sweep_leftovers
from studies.services.metadata import metadata_from_file, store_missing_metadata
from studies.services.previews import render_previews, render_waiting
from studies.services.reads import check_open, export_upload, open_study, read_list, read_upload
from studies.services.receiving import Committed, Reference, committed_instances, store_received
from studies.services.rendering import NO_PICTURE, CannotMake, make, picture_of, thumbnail_of
from studies.services.retrieval import Retrieved, open_by_uid
from studies.services.shield import confirm_patient, read_disagreement
from studies.services.storing import check_store, store_instances
from studies.services.upload_parts import begin_upload, end_upload, receive_part
from studies.services.uploads import ingest_waiting, receive_upload

__all__ = [
    "NO_PICTURE",
    "CannotMake",
    "Committed",
    "Download",
    "DownloadedStudy",
    "Matches",
    "Part",
    "Reference",
    "Retrieved",
    "StoredFile",
    "begin_correction",
    "begin_download",
    "begin_upload",
    "carry_in",
    "check_correction",
    "check_open",
    "check_store",
    "check_upload",
    "committed_instances",
    "confirm_patient",
    "correct_study",
    "end_upload",
    "erase_study",
    "export_upload",
    "ingest_waiting",
    "make",
    "may_correct",
    "metadata_from_file",
    "open_by_uid",
    "open_instance",
    "open_study",
    "picture_of",
    "present_values",
    "read_disagreement",
    "read_list",
    "read_upload",
    "receive_part",
    "receive_upload",
    "render_previews",
    "render_waiting",
    "search_by_dicom",
    "send_download",
    "store_instances",
    "store_missing_image_order",
    "store_missing_metadata",
    "store_received",
    "sweep_leftovers",
    "take_in_all",
    "thumbnail_of",
    "values_mark",
]
