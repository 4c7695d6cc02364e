"""What may be done with a study, and every read of a study."""

from studies.services.all_lists import AllListing, read_all_lists
from studies.services.beside import OpenedObject, Stream, open_object, open_stream, referenced
from studies.services.comparing import compare_earlier_studies
from studies.services.correcting import (
    begin_correction,
    check_correction,
    correct_study,
    may_correct,
    present_values,
    values_mark,
)
from studies.services.deidentified_downloads import send_deidentified
from studies.services.dicom_search import Matches, WorklistWithToken, person_and_worklist, search_by_dicom
from studies.services.download_layout import Download, DownloadedStudy, Form, Picture
from studies.services.downloads import (
    Offered,
    begin_download,
    check_download,
    lay_out,
    offer_download,
    send_download,
)
from studies.services.erasing import erase_study
from studies.services.full_viewer import check_full_viewer
from studies.services.image_order import store_missing_image_order
from studies.services.ingest import carry_in, check_upload, take_in_all
from studies.services.instances import Part, StoredFile, open_instance
from studies.services.leftovers import sweep_leftovers
from studies.services.metadata import metadata_from_file, store_missing_metadata
from studies.services.own_numbers import (
    begin_own_mrn,
    may_note_own_mrn,
    note_own_mrn,
    tidy_own_mrn,
    write_own_mrn,
)
from studies.services.packs import PACK, Viewed, open_pack, view_study
from studies.services.previews import render_previews, render_waiting
from studies.services.reads import check_open, export_upload, open_study, read_list, read_upload
from studies.services.received_bursts import record_received
from studies.services.receiving import (
    Committed,
    Reference,
    committed_instances,
    note_receiver,
    store_received,
)
from studies.services.rehoming import rehome_study
from studies.services.rendering import NO_PICTURE, CannotMake, make, picture_of, thumbnail_of
from studies.services.renewing import old_ones, renew_old
from studies.services.retrieval import (
    InstanceWithToken,
    Retrieved,
    check_still_open,
    open_by_uid,
    person_and_instance,
)
from studies.services.sending_out import send_waiting
from studies.services.sendings import (
    Choice,
    Started,
    begin_sendings,
    cancel_sending,
    choose_destination,
    may_send,
    read_sendings,
)
from studies.services.shield import confirm_patient, lock_patients, read_disagreement
from studies.services.storing import check_store, store_instances
from studies.services.taking import take_image
from studies.services.upload_addresses import destination_of, open_upload_address
from studies.services.upload_parts import Piece, begin_upload, end_upload, receive_part, receive_piece
from studies.services.uploads import ingest_waiting, receive_upload
from studies.services.view_copies import (
    ask_for_view_copies,
    drop_view_copies,
    make_view_copies,
    make_waiting_view_copies,
)

__all__ = [
    "NO_PICTURE",
    "PACK",
    "AllListing",
    "CannotMake",
    "Choice",
    "Committed",
    "Download",
    "DownloadedStudy",
    "Form",
    "InstanceWithToken",
    "Matches",
    "Offered",
    "OpenedObject",
    "Part",
    "Picture",
    "Piece",
    "Reference",
    "Retrieved",
    "Started",
    "StoredFile",
    "Stream",
    "Viewed",
    "WorklistWithToken",
    "ask_for_view_copies",
    "begin_correction",
    "begin_download",
    "begin_own_mrn",
    "begin_sendings",
    "begin_upload",
    "cancel_sending",
    "carry_in",
    "check_correction",
    "check_download",
    "check_full_viewer",
    "check_open",
    "check_still_open",
    "check_store",
    "check_upload",
    "choose_destination",
    "committed_instances",
    "compare_earlier_studies",
    "confirm_patient",
    "correct_study",
    "destination_of",
    "drop_view_copies",
    "end_upload",
    "erase_study",
    "export_upload",
    "ingest_waiting",
    "lay_out",
    "lock_patients",
    "make",
    "make_view_copies",
    "make_waiting_view_copies",
    "may_correct",
    "may_note_own_mrn",
    "may_send",
    "metadata_from_file",
    "note_own_mrn",
    "note_receiver",
    "offer_download",
    "old_ones",
    "open_by_uid",
    "open_instance",
    "open_object",
    "open_pack",
    "open_stream",
    "open_study",
    "open_upload_address",
    "person_and_instance",
    "person_and_worklist",
    "picture_of",
    "present_values",
    "read_all_lists",
    "read_disagreement",
    "read_list",
    "read_sendings",
    "read_upload",
    "receive_part",
    "receive_piece",
    "receive_upload",
    "record_received",
    "referenced",
    "rehome_study",
    "render_previews",
    "render_waiting",
    "renew_old",
    "search_by_dicom",
    "send_deidentified",
    "send_download",
    "send_waiting",
    "store_instances",
    "store_missing_image_order",
    "store_missing_metadata",
    "store_received",
    "sweep_leftovers",
    "take_image",
    "take_in_all",
    "thumbnail_of",
    "tidy_own_mrn",
    "values_mark",
    "view_study",
    "write_own_mrn",
]
