"""What a SMART Health Link hands out, as FHIR: an ImagingStudy of each study, a DocumentReference of each PDF."""

import base64
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydicom.uid import EncapsulatedPDFStorage

from common import formats
from studies.models import Instance, Placement, Series, Study

Resource = dict[str, Any]
# A document is encrypted in memory; a longer one is named by the DICOMweb part alone.
LONGEST_DOCUMENT, MOST_DOCUMENTS = 20 * 1024**2, 50
DICOM_TERMS = "http://dicom.nema.org/resources/ontology/DCM"
GENDERS = {"M": "male", "F": "female", "O": "other"}


def documents_of(placements: Collection[Placement]) -> list[tuple[Placement, UUID]]:
    """The PDF documents in the studies, each with its placement, oldest first."""
    by_study = {placement.study_id: placement for placement in placements}
    listed = Instance.objects.filter(
        study__in=by_study, sop_class_uid=EncapsulatedPDFStorage, blob__size__lte=LONGEST_DOCUMENT
    )
    rows = listed.order_by("pk").values_list("study_id", "uuid")[:MOST_DOCUMENTS]
    return [(by_study[study], uuid) for study, uuid in rows]


def bundle_of(placements: Sequence[Placement], *, url: str, access: str, until: datetime) -> Resource:
    """The patient, the studies, and where their images are had: the URL, and a header to send there until then."""
    series: dict[int, list[Series]] = defaultdict(list)
    for each in Series.objects.filter(study__in=[placement.study_id for placement in placements]).order_by(
        "pk"
    ):
        series[each.study_id].append(each)
    patient = _patient(placements[0].study)
    endpoint = {
        "resourceType": "Endpoint",
        "status": "active",
        "connectionType": {
            "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
            "code": "dicom-wado-rs",
        },
        "payloadType": [{"text": "DICOM"}],  # allowed: for programs
        "period": {"end": until.isoformat()},
        "address": url,
        "header": [f"Authorization: Bearer {access}"],  # allowed: for programs
    }
    studies = [
        (placement.uuid, _imaging_study(placement, series[placement.study_id])) for placement in placements
    ]
    entries = [("patient", patient), ("endpoint", endpoint)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            *({"fullUrl": _url(name), "resource": resource} for name, resource in entries),
            *({"fullUrl": f"urn:uuid:{uuid}", "resource": resource} for uuid, resource in studies),
        ],
    }


def document_reference(study: Study, document: bytes) -> Resource:
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"display": formats.patient_name(study.patient_name)},
        "content": [
            {
                "attachment": {
                    "contentType": "application/pdf",
                    "data": base64.b64encode(document).decode(),
                    "size": len(document),
                }
            }
        ],
    }


# Within a bundle, names that no other bundle refers to.
_URLS = {
    "patient": "urn:uuid:6f0b9b0e-2f7d-4d0e-9a55-5d1f3a3c7a01",
    "endpoint": "urn:uuid:6f0b9b0e-2f7d-4d0e-9a55-5d1f3a3c7a02",
}


def _url(name: str) -> str:
    return _URLS[name]


def _patient(study: Study) -> Resource:
    birth = study.patient_birth_date
    return _filled(
        resourceType="Patient",
        identifier=[{"value": study.patient_id}] if study.patient_id else [],
        name=[{"text": formats.patient_name(study.patient_name)}] if study.patient_name else [],
        gender=GENDERS.get(study.patient_sex, "unknown"),
        birthDate=birth.isoformat() if birth is not None else "",
    )


def _imaging_study(placement: Placement, series: Sequence[Series]) -> Resource:
    study = placement.study
    return _filled(
        resourceType="ImagingStudy",
        status="available",
        identifier=[{"system": "urn:dicom:uid", "value": f"urn:oid:{study.study_instance_uid}"}],
        subject={"reference": _url("patient")},
        started=study.study_date.isoformat() if study.study_date is not None else "",
        modality=[_coded(each) for each in study.modalities],
        endpoint=[{"reference": _url("endpoint")}],
        numberOfSeries=study.n_series,
        numberOfInstances=study.n_instances,
        description=study.description,
        series=[
            _filled(
                uid=each.series_instance_uid,
                modality=_coded(each.modality),
                description=each.description,
            )
            for each in series
        ],
    )


def _coded(modality: str) -> Resource:
    return {"system": DICOM_TERMS, "code": modality or "OT"}


def _filled(**elements: Any) -> Resource:
    """FHIR knows no empty elements."""
    return {name: value for name, value in elements.items() if value not in ("", [], None)}
