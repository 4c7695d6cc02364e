"""What may be done with a study, and every look at one."""

from studies.services.ingest import carry_in, check_upload, take_in, take_in_all
from studies.services.leftovers import leave_bytes, sweep_leftovers
from studies.services.previews import render_previews, render_waiting
from studies.services.reads import check_open, look_at_image, look_at_list, open_study
from studies.services.uploads import ingest_waiting, receive_upload

__all__ = [
    "carry_in",
    "check_open",
    "check_upload",
    "ingest_waiting",
    "leave_bytes",
    "look_at_image",
    "look_at_list",
    "open_study",
    "receive_upload",
    "render_previews",
    "render_waiting",
    "sweep_leftovers",
    "take_in",
    "take_in_all",
]
