"""The words of a trail about an urgent share: by when it was to be opened, now and before."""

from datetime import datetime

from django.utils.translation import gettext as _

from common import formats


def urgent(moment: datetime | None) -> str:
    return _(", urgent, to be opened by {}").format(formats.moment(moment)) if moment else ""


def was_urgent(moment: datetime | None) -> str:
    return (
        _("before: to be opened by {}").format(formats.moment(moment)) if moment else _("before: not urgent")
    )
