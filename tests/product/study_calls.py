"""A call of every service of studies, for `service_calls`."""

import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

import studies.services
from audit.selectors import Filters
from studies.deidentified import Options
from studies.events import Taken
from studies.models import Placement, Study
from studies.selectors import Order, Question, placement_for
from studies.selectors.dicom_questions import DicomQuestion, Level
from studies.services import (
    Download,
    DownloadedStudy,
    Form,
    Part,
    Reference,
    reads,
    trail,
    upload_parts,
    uploads,
)
from tests.bad_files import as_bytes, dicom, source
from tests.bursts import record_a_received_burst
from tests.cast import acting
from tests.everything import World, a_file
from tests.factories import make_instance
from tests.product.approval_calls import OWN_MRNS
from tests.product.call_parts import Call, inside
from tests.product.sending_calls import SENDINGS
from worklists.models import Worklist

REPORT = "1.2.840.10008.5.1.4.1.1.88.11"


def _nothing_of(w: World) -> Download:
    """The bytes are not there; that the download ended is recorded all the same."""
    by = acting(w.cast.adam)
    placement = placement_for(by, w.at_home.uuid)
    assert placement is not None
    return Download([DownloadedStudy(placement, [])], by, "one", Form(deidentified=Options()))


def _download_nothing(w: World) -> None:
    download = _nothing_of(w)
    layout = studies.services.lay_out(download=download, readme="")
    list(studies.services.send_download(download=download, layout=layout))


def _download_nothing_deidentified(w: World) -> None:
    list(
        studies.services.send_deidentified(
            download=_nothing_of(w), readme=lambda left_out, with_text, n_overlaid: ""
        )
    )


def _store_received(w: World) -> None:
    ds = dicom()
    with tempfile.NamedTemporaryFile() as file:
        file.write(as_bytes(ds))
        file.flush()
        studies.services.store_received(
            worklist=w.cast.ct,
            path=Path(file.name),
            announced=Reference(ds.SOPClassUID, ds.SOPInstanceUID),
            by=acting(w.cast.ana),
        )


def a_whole_piece(w: World, file: Any) -> None:
    piece = upload_parts.Piece(mark="b" * 64, start=0, whole=file.size)
    upload_parts.receive_piece(upload=w.open_upload.uuid, by=acting(w.cast.ana), file=file, piece=piece)


def _confirm_patient(w: World) -> None:
    with transaction.atomic():
        Placement.objects.filter(pk=w.at_home.pk).update(differs=["name"])
        studies.services.confirm_patient(
            placement=w.at_home.uuid, by=acting(w.cast.adam), why="as in the record"
        )


def _open_address(w: World) -> None:
    with transaction.atomic():
        Worklist.objects.filter(pk=w.cast.emergency.pk).update(inbox=w.cast.chest)
        studies.services.open_upload_address(code="NORTHGATE", by=acting(w.cast.ed))


STUDIES: dict[str, Call] = {
    "receiving.store_received": _store_received,
    "received_bursts.record_received": lambda w: record_a_received_burst(w.cast.ana),
    "ingest.carry_in": lambda w: studies.services.carry_in(
        worklist=w.cast.ct, by=acting(w.cast.ana), sources=[source(as_bytes(dicom()))]
    ),
    "ingest.take_in_all": lambda w: studies.services.take_in_all(
        worklist=w.cast.ct, by=acting(w.cast.ana), sources=[source(as_bytes(dicom()))]
    ),
    "shield.read_disagreement": lambda w: studies.services.read_disagreement(
        placement=w.at_home.uuid, by=acting(w.cast.adam)
    ),
    "shield.confirm_patient": _confirm_patient,
    "correcting.begin_correction": lambda w: studies.services.begin_correction(
        placement=w.at_home.uuid, by=acting(w.cast.adam)
    ),
    "correcting.correct_study": lambda w: studies.services.correct_study(
        placement=w.at_home.uuid,
        by=acting(w.cast.adam),
        values={"patient_sex": "O"},
        mark=studies.services.values_mark(Study.objects.get(pk=w.at_home.study_id)),
        why="sex as in the record",
    ),
    "leftovers.sweep_leftovers": lambda w: studies.services.sweep_leftovers(),
    "downloads.offer_download": lambda w: studies.services.offer_download(
        placements=[w.at_home.uuid], by=acting(w.cast.adam)
    ),
    "downloads.begin_download": lambda w: studies.services.begin_download(download=_nothing_of(w)),
    "deidentified_downloads.send_deidentified": _download_nothing_deidentified,
    "downloads.send_download": _download_nothing,
    "instances.open_instance": lambda w: studies.services.open_instance(
        placement=w.at_home.uuid,
        instance=w.instance.uuid,
        by=acting(w.cast.ana),
        part=Part.FRAME,
        session="one",
    ),
    "packs.view_study": lambda w: studies.services.view_study(
        placement=w.at_home.uuid, by=acting(w.cast.ana), session="viewer"
    ),
    "packs.open_pack": lambda w: studies.services.open_pack(
        placement=w.at_home.uuid, pack=w.instance.series.view_copy.uuid, by=acting(w.cast.ana), session="pack"
    ),
    "dicom_search.search_by_dicom": lambda w: studies.services.search_by_dicom(
        worklist=w.cast.ct.uuid, by=acting(w.cast.ana), question=DicomQuestion(level=Level.STUDY, limit=1)
    ),
    "retrieval.open_by_uid": lambda w: studies.services.open_by_uid(
        worklist=w.at_home.worklist.uuid,
        study=w.at_home.study.study_instance_uid,
        by=acting(w.cast.ana),
        session="another",
    ),
    "reads.read_list": lambda w: reads.read_list(
        worklist=w.cast.ct, by=acting(w.cast.ana), question=Question(), order=Order()
    ),
    "reads.read_upload": lambda w: reads.read_upload(upload=w.upload.uuid, by=acting(w.cast.ana)),
    "reads.export_upload": lambda w: reads.export_upload(upload=w.upload.uuid, by=acting(w.cast.ana)),
    "trail.open_trail": lambda w: trail.open_trail(placement=w.at_home, by=acting(w.cast.ana)),
    "reads.open_study": lambda w: reads.open_study(
        placement=placement_for(acting(w.cast.ana), w.at_home.uuid), by=acting(w.cast.ana)
    ),
    "beside.open_object": inside(
        lambda w: studies.services.open_object(
            placement=placement_for(acting(w.cast.ana), w.at_home.uuid),
            by=acting(w.cast.ana),
            instance=make_instance(w.instance.series, sop_class_uid=REPORT, frames=0).uuid,
        )
    ),
    "taking.take_image": lambda w: studies.services.take_image(
        placement=placement_for(acting(w.cast.ana), w.at_home.uuid),
        by=acting(w.cast.ana),
        how=Taken.SAVE,
        series=w.instance.series.uuid,
        instance=w.instance.uuid,
    ),
    "trail.export_trail": lambda w: trail.export_trail(
        placement=w.at_home, by=acting(w.cast.ana), filters=Filters(), zone=ZoneInfo("Europe/London")
    ),
    "trail.read_trail": lambda w: trail.read_trail(
        placement=w.at_home, by=acting(w.cast.ana), filters=Filters()
    ),
    **SENDINGS,
    **OWN_MRNS,
    "storing.store_instances": lambda w: studies.services.store_instances(
        worklist=w.cast.ct.uuid, by=acting(w.cast.ana), sources=[source(as_bytes(dicom()))]
    ),
    "upload_addresses.open_upload_address": _open_address,
    "upload_parts.begin_upload": lambda w: upload_parts.begin_upload(
        worklist=w.cast.ct, by=acting(w.cast.ana), n_files=2
    ),
    "upload_parts.receive_part": lambda w: upload_parts.receive_part(
        upload=w.open_upload.uuid, by=acting(w.cast.ana), files=[a_file()], marks=["a" * 64]
    ),
    "upload_parts.receive_piece": lambda w: a_whole_piece(w, a_file()),
    "upload_parts.end_upload": lambda w: upload_parts.end_upload(
        upload=w.open_upload.uuid, by=acting(w.cast.ana)
    ),
    "uploads.ingest_waiting": lambda w: uploads.ingest_waiting(),
    "uploads.receive_upload": lambda w: uploads.receive_upload(
        worklist=w.cast.ct, by=acting(w.cast.ana), files=[a_file(), a_file()]
    ),
}
