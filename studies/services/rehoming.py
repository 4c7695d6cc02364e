"""The part of a move that concerns the study itself: its home, and the home's placement."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from studies.models import FOREVER, Placement, Study
from studies.services.shield import mark_arrivals
from worklists.models import Worklist

HOME_THERE_ALREADY = gettext_noop(
    "This worklist already holds the original of a study with the same Study Instance UID. "
    "The two cannot be merged, so nothing was moved."
)


def rehome_study(*, study: Study, worklist: Worklist) -> None:
    """A part of a move: the caller holds the study's lock, has checked the rights, records it and settles.

    The old home's placement goes, and that of the new home is made as home's. Raises ValidationError where the new home
    holds a study of this UID already.
    """
    Placement.objects.filter(study=study, worklist__in=[study.home_id, worklist.pk]).delete()
    try:
        with transaction.atomic():
            Study.objects.filter(pk=study.pk).update(home=worklist)
    except IntegrityError as error:
        if "a_study_uid_is_home_to_a_worklist_once" not in str(error):
            raise
        raise ValidationError(_(HOME_THERE_ALREADY), code="uid") from error
    study.home = worklist
    # That it is home's is set by the trigger, from the study.
    Placement.objects.create(
        study=study,
        worklist=worklist,
        visible_until=FOREVER,
        internal_until=FOREVER,
        exists_until=FOREVER,
    )
    mark_arrivals(worklist=worklist.pk, studies=[study])
