"""What was corrected in studies, in the order in which it was."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Q

from audit.actor import Actor
from studies.corrected import Change
from studies.models import Correction, Placement, Study


def changes_of(studies: Iterable[Study]) -> dict[int, list[Change]]:
    """By study; nothing is asked where none of them was ever corrected."""
    return changes_in({study.pk for study in studies if study.n_corrections})


def changes_in(corrected: Collection[int]) -> dict[int, list[Change]]:
    """The same for studies that are known to be corrected, by their keys."""
    changes: dict[int, list[Change]] = defaultdict(list)
    if corrected:
        rows = Correction.objects.filter(study__in=corrected).order_by("pk")
        for study, at, columns in rows.values_list("study", "at", "changes"):
            changes[study].append(Change(at, {name: after for name, (_before, after) in columns.items()}))
    return changes


MOST_OTHERS = 20


def other_studies_of(placement: Placement, by: Actor) -> list[Placement]:
    """The other studies of the same patient on the placement's worklist, the latest first; of a guest link its own.

    The MRN and who issued it are the same, and none disagrees about the patient: what a person has yet to decide is not
    offered beside another's images.
    """
    study = placement.study
    if not study.patient_id or placement.differs:
        return []
    same = Placement.objects.visible().filter(
        worklist=placement.worklist_id,
        mrn_key=placement.mrn_key,
        differs=[],
        study__patient_id=study.patient_id,
        study__issuer_of_patient_id=study.issuer_of_patient_id,
    )
    if by.guest_link is not None:
        same = same.filter(uuid__in=by.guest_link.placements)
    others = same.exclude(pk=placement.pk).select_related("study")
    return list(others.order_by("-study_date", "-study_time", "-pk")[:MOST_OTHERS])


def others_of_mrn(placement: Placement) -> list[Placement]:
    """Other studies of the same MRN on the placement's worklist, the newest first; the own MRN counts as an MRN."""
    keys = {placement.mrn_key, placement.own_mrn_key} - {""}
    under = Q(mrn_key__in=keys) | Q(own_mrn_key__gt="", own_mrn_key__in=keys)
    same = Placement.objects.visible().filter(under, worklist=placement.worklist_id)
    others = same.exclude(pk=placement.pk).select_related("study")
    return list(others.order_by("-arrived_at", "-pk")[:MOST_OTHERS])
