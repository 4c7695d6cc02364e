"""The URLs below `/guest/<uuid of a link>/`: those of a link, and of the pages of studies the few that a guest has.

They have the names of the site's own, so that the same pages link to each other here. Nothing else has a URL here.
"""

from django.urls import include, path

import studies.dicomweb.urls  # noqa: F401  # registers the converter of UIDs
from sharing.views import guest
from sharing.views.guest_visit import visiting
from sharing.views.shlinks import with_access
from studies.dicomweb.views import bulk, frames, metadata, objects, rendered
from studies.views import download, images, manifest, study, viewer, viewer_objects

_placement = "placements/<uuid:placement>"
_instance = f"{_placement}/instances/<uuid:instance>"
_object = f"{_placement}/viewer/objects/<uuid:instance>"

_link = [
    path("", guest.shown, name="guest"),
    path("open/", guest.open_images, name="guest_open"),
    path("close/", guest.close, name="guest_close"),
    path("ask/", guest.ask, name="guest_ask"),
]
_studies = [
    path(f"{_placement}/", visiting(guest.study), name="study"),
    path(f"{_placement}/preparing/", visiting(study.preparing), name="preparing"),
    path(f"{_placement}/viewer/", visiting(viewer.viewer), name="viewer"),
    path(f"{_placement}/viewer/saved/", visiting(viewer.saved), name="viewer_saved"),
    path(f"{_placement}/viewer/manifest.json", visiting(manifest.manifest), name="viewer_manifest"),
    path(f"{_placement}/pixels/<uuid:pack>", visiting(images.pixels), name="pixels"),
    path(f"{_object}/", visiting(viewer_objects.viewer_object), name="viewer_object"),
    path(f"{_object}/stream", visiting(viewer_objects.viewer_stream), name="viewer_stream"),
    path(f"{_instance}/frames/<int:frame>.png", visiting(images.frame), name="frame"),
    path(f"{_instance}/original.dcm", visiting(images.original), name="original"),
    path(f"{_instance}/thumbnail.png", visiting(images.thumbnail), name="thumbnail"),
    path("studies/download/choose/", visiting(download.choose), name="download_choose"),
    path("studies/download/", visiting(download.download_selected), name="download_selected"),
    path(f"{_placement}/download/", visiting(download.download), name="download"),
]

# DICOMweb, for who opened the link as a SMART Health Link: what names a study, a series or an instance, and no search.
_study = "dicomweb/<uuid:worklist>/studies/<uid:study>"
_series = f"{_study}/series/<uid:series>"
_object_by_uid = f"{_series}/instances/<uid:instance>"
_frames = f"{_object_by_uid}/frames/<str:numbers>"
_dicomweb = [
    path(f"{_study}/metadata", with_access(metadata.metadata), name="study_metadata"),
    path(f"{_series}/metadata", with_access(metadata.metadata), name="series_metadata"),
    path(f"{_object_by_uid}/metadata", with_access(metadata.metadata), name="instance_metadata"),
    path(_series, with_access(objects.objects), name="series"),
    path(_object_by_uid, with_access(objects.objects), name="instance"),
    path(f"{_object_by_uid}/bulkdata/<path:path>", with_access(bulk.bulk_data), name="bulk_data"),
    path(_frames, with_access(frames.frames), name="frames"),
    path(f"{_object_by_uid}/rendered", with_access(rendered.rendered), name="instance_rendered"),
    path(f"{_frames}/rendered", with_access(rendered.rendered), name="frames_rendered"),
]

urlpatterns = [
    path("", include((_link, "sharing"))),
    path("", include((_studies, "studies"))),
    path("", include((_dicomweb, "dicomweb"))),
]
