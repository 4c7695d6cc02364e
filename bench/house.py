"""Studies by the hundred for tests that count statements."""

from typing import Any


def make_studies(home: Any, number: int) -> list[Any]:
    """Studies at home, their placements in the order made."""
    from studies.models import FOREVER, Placement, Study
    from tests.factories import make_uid

    times = {"visible_until": FOREVER, "internal_until": FOREVER, "exists_until": FOREVER}
    studies = Study.objects.bulk_create(
        Study(home=home, study_instance_uid=make_uid(), patient_name=f"Example^{n}", modalities=["CT"])
        for n in range(number)
    )
    Placement.objects.bulk_create(Placement(study=study, worklist=home, **times) for study in studies)
    return list(Placement.objects.filter(worklist=home, study__in=studies).order_by("pk"))
