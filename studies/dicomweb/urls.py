"""URLs of DICOMweb: every one begins with a worklist."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from studies.dicomweb.views import bulk, frames, metadata, objects, rendered, search, service, store

app_name = "dicomweb"


class UidConverter(StringConverter):
    """A UID as it may have been received: visible ASCII. Anything else names nothing."""

    regex = r"[!-.0-~]{1,128}"


register_converter(UidConverter, "uid")

_study = "<uuid:worklist>/studies/<uid:study>"
_series = f"{_study}/series/<uid:series>"
_instance = f"{_series}/instances/<uid:instance>"
_frames = f"{_instance}/frames/<str:numbers>"
RENDERED = {"study": _study, "series": _series, "instance": _instance, "frames": _frames}

urlpatterns = [
    # First what is asked by the thousand: each URL before it is compared each time.
    path(_frames, frames.frames, name="frames"),
    path("<uuid:worklist>", service.capabilities, name="service"),
    path("<uuid:worklist>/studies", store.studies, name="studies"),
    path("<uuid:worklist>/store/allowed", store.allowed, name="store_allowed"),
    path("<uuid:worklist>/series", search.series, name="search_series"),
    path("<uuid:worklist>/instances", search.instances, name="search_instances"),
    path(f"{_study}/series", search.series, name="search_series_of_study"),
    path(f"{_study}/instances", search.instances, name="search_instances_of_study"),
    path(f"{_series}/instances", search.instances, name="search_instances_of_series"),
    path(_study, store.study, name="study"),
    path(f"{_study}/metadata", metadata.metadata, name="study_metadata"),
    path(_series, objects.objects, name="series"),
    path(f"{_series}/metadata", metadata.metadata, name="series_metadata"),
    path(_instance, objects.objects, name="instance"),
    path(f"{_instance}/metadata", metadata.metadata, name="instance_metadata"),
    path(f"{_instance}/bulkdata/<path:path>", bulk.bulk_data, name="bulk_data"),
    *(
        path(f"{behind}/{word}", view, name=f"{name}_{word}")
        for name, behind in RENDERED.items()
        for word, view in (("rendered", rendered.rendered), ("thumbnail", rendered.thumbnail))
    ),
    *(
        path(f"{behind}/{word}", service.not_offered, name=f"{name}_{word}")
        for name, behind in (("study", _study), ("series", _series), ("instance", _instance))
        for word in ("bulkdata", "pixeldata")
    ),
    path("<path:anything>", service.nothing, name="nothing"),
]
