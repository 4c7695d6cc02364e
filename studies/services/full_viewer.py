"""Who may open the full viewer on a worklist; what it then asks for is asked for and recorded by DICOMweb."""

from django.utils.translation import gettext as _

from audit.actor import Actor
from common.exceptions import Refused
from studies.services.reads import MAY_NOT_OPEN
from worklists.events import on_worklist
from worklists.models import Worklist


def check_full_viewer(*, worklist: Worklist, by: Actor) -> None:
    """Raises where the person sees the worklist and may not open images there."""
    if not by.may("open_study", worklist):
        raise Refused(_(MAY_NOT_OPEN), on=on_worklist(worklist))
