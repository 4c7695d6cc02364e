"""URLs of this app. A study is always addressed through its placement."""

from django.urls import path

from studies.views import (
    correct,
    download,
    full_viewer,
    images,
    listing,
    manifest,
    own_mrn,
    patient,
    sending,
    study,
    trail,
    upload,
    upload_address,
    upload_parts,
    viewer,
    viewer_objects,
)

app_name = "studies"

_instance = "placements/<uuid:placement>/instances/<uuid:instance>"
_object = "placements/<uuid:placement>/viewer/objects/<uuid:instance>"

urlpatterns = [
    path("studies/", listing.studies, name="list"),
    path("worklists/", listing.worklists, name="worklists"),
    path("worklists/<uuid:worklist>/studies/", listing.worklist, name="worklist"),
    path("worklists/<uuid:worklist>/studies/search/", listing.search, name="search"),
    path("to/<str:code>/", upload_address.upload_address, name="upload_address"),
    path("worklists/<uuid:worklist>/upload/", upload.upload, name="upload"),
    path("worklists/<uuid:worklist>/upload/files/", upload.upload_files, name="upload_files"),
    path("worklists/<uuid:worklist>/upload/begin/", upload_parts.begin, name="upload_begin"),
    path("worklists/<uuid:worklist>/upload/allowed/", upload.upload_allowed, name="upload_allowed"),
    path("uploads/<uuid:upload>/", upload.progress, name="upload_progress"),
    path("uploads/<uuid:upload>/arrived/", upload_parts.arrived, name="upload_arrived"),
    path("uploads/<uuid:upload>/end/", upload_parts.end, name="upload_end"),
    path("uploads/<uuid:upload>/files.csv", upload.files_csv, name="upload_files_csv"),
    path("placements/<uuid:placement>/", study.images, name="study"),
    path("placements/<uuid:placement>/viewer/", viewer.viewer, name="viewer"),
    path("placements/<uuid:placement>/viewer/saved/", viewer.saved, name="viewer_saved"),
    path("ohif/<uuid:worklist>/app-config.js", full_viewer.full_viewer_settings, name="full_viewer_settings"),
    path("ohif/<uuid:worklist>/<path:page>", full_viewer.full_viewer, name="full_viewer"),
    path("ohif/<path:name>", full_viewer.full_viewer_file, name="full_viewer_file"),
    path(f"{_object}/", viewer_objects.viewer_object, name="viewer_object"),
    path(f"{_object}/stream", viewer_objects.viewer_stream, name="viewer_stream"),
    path("placements/<uuid:placement>/details/", study.details, name="details"),
    path("placements/<uuid:placement>/patient/", patient.patient, name="patient"),
    path("placements/<uuid:placement>/own-mrn/", own_mrn.own_mrn, name="own_mrn"),
    path("placements/<uuid:placement>/correct/", correct.correct, name="correct"),
    path("placements/<uuid:placement>/correct/check/", correct.check, name="correct_check"),
    path("placements/<uuid:placement>/correct/save/", correct.save, name="correct_save"),
    path("placements/<uuid:placement>/download/", download.download, name="download"),
    path("studies/send/", sending.choose, name="send"),
    path("studies/send/start/", sending.start, name="send_start"),
    path("sendings/", sending.sendings, name="sendings"),
    path("sendings/<uuid:sending>/cancel/", sending.cancel, name="sending_cancel"),
    path("studies/download/choose/", download.choose, name="download_choose"),
    path("studies/download/", download.download_selected, name="download_selected"),
    path("placements/<uuid:placement>/preparing/", study.preparing, name="preparing"),
    path(f"{_instance}/frames/<int:frame>.png", images.frame, name="frame"),
    path(f"{_instance}/original.dcm", images.original, name="original"),
    path(f"{_instance}/thumbnail.png", images.thumbnail, name="thumbnail"),
    path("placements/<uuid:placement>/viewer/manifest.json", manifest.manifest, name="viewer_manifest"),
    path("placements/<uuid:placement>/pixels/<uuid:pack>", images.pixels, name="pixels"),
    path("placements/<uuid:placement>/trail/", trail.trail, name="trail"),
    path("placements/<uuid:placement>/trail.csv", trail.trail_csv, name="trail_csv"),
]
