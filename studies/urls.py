"""URLs of this app. A study is always addressed through its placement."""

from django.urls import path

from studies.views import correct, download, images, listing, patient, study, trail, upload, upload_parts

app_name = "studies"

_instance = "placements/<uuid:placement>/instances/<uuid:instance>"

urlpatterns = [
    path("studies/", listing.studies, name="list"),
    path("worklists/", listing.worklists, name="worklists"),
    path("worklists/<uuid:worklist>/studies/", listing.worklist, name="worklist"),
    path("worklists/<uuid:worklist>/studies/search/", listing.search, name="search"),
    path("worklists/<uuid:worklist>/upload/", upload.upload, name="upload"),
    path("worklists/<uuid:worklist>/upload/files/", upload.upload_files, name="upload_files"),
    path("worklists/<uuid:worklist>/upload/begin/", upload_parts.begin, name="upload_begin"),
    path("worklists/<uuid:worklist>/upload/allowed/", upload.upload_allowed, name="upload_allowed"),
    path("uploads/<uuid:upload>/", upload.progress, name="upload_progress"),
    path("uploads/<uuid:upload>/arrived/", upload_parts.arrived, name="upload_arrived"),
    path("uploads/<uuid:upload>/end/", upload_parts.end, name="upload_end"),
    path("uploads/<uuid:upload>/files.csv", upload.files_csv, name="upload_files_csv"),
    path("placements/<uuid:placement>/", study.images, name="study"),
    path("placements/<uuid:placement>/details/", study.details, name="details"),
    path("placements/<uuid:placement>/patient/", patient.patient, name="patient"),
    path("placements/<uuid:placement>/correct/", correct.correct, name="correct"),
    path("placements/<uuid:placement>/correct/check/", correct.check, name="correct_check"),
    path("placements/<uuid:placement>/correct/save/", correct.save, name="correct_save"),
    path("placements/<uuid:placement>/download/", download.download, name="download"),
    path("studies/download/", download.download_selected, name="download_selected"),
    path("placements/<uuid:placement>/preparing/", study.preparing, name="preparing"),
    path(f"{_instance}/frames/<int:frame>.png", images.frame, name="frame"),
    path(f"{_instance}/original.dcm", images.original, name="original"),
    path(f"{_instance}/thumbnail.png", images.thumbnail, name="thumbnail"),
    path("placements/<uuid:placement>/trail/", trail.trail, name="trail"),
    path("placements/<uuid:placement>/trail.csv", trail.trail_csv, name="trail_csv"),
]
