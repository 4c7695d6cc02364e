"""The tabs of the viewer: key images first, then the images, then what the study holds beside them."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from studies.beside import TITLES, Beside, beside_of
from studies.models import Instance, Placement
from studies.object_kinds import kind_of

IMAGES = "images"
Tab = tuple[str, str, str, int | str]


def kind_of_object(instance: Instance) -> Beside | None:
    return beside_of(instance.sop_class_uid, instance.transfer_syntax_uid)


def viewer_tabs(placement: Placement, beside: Sequence[Instance]) -> list[Tab]:
    """None where there are images alone."""
    of_kind: dict[Beside, list[Instance]] = {}
    for each in beside:
        if (kind := kind_of_object(each)) is not None:
            of_kind.setdefault(kind, []).append(each)
    if not of_kind:
        return []
    tabs: list[Tab] = [
        (str(kind), str(TITLES[kind]), object_url(placement.uuid, of_kind[kind][0].uuid), len(of_kind[kind]))
        for kind in Beside
        if kind in of_kind
    ]
    images: Tab = (IMAGES, _("Images"), reverse("studies:viewer", args=[placement.uuid]), "")
    tabs.insert(1 if Beside.KEY in of_kind else 0, images)
    return tabs


def siblings(placement: Placement, beside: Sequence[Instance], shown: Instance) -> list[dict[str, object]]:
    """The objects of the same kind as links; none where there is only that one."""
    kind = kind_of_object(shown)
    same = [each for each in beside if kind_of_object(each) is kind]
    if len(same) < 2:
        return []
    return [
        {
            "href": object_url(placement.uuid, each.uuid),
            "label": object_label(each),
            "is_shown": each.pk == shown.pk,
        }
        for each in same
    ]


def object_label(instance: Instance) -> str:
    series = instance.series
    what = series.description or kind_of(instance.sop_class_uid)
    parts = [what]
    if series.number is not None:
        parts.append(_("Series %(number)s") % {"number": series.number})
    if instance.number is not None:
        parts.append(_("Object %(number)s") % {"number": instance.number})
    return ", ".join(parts)


def object_url(placement: UUID, instance: UUID) -> str:
    return reverse("studies:viewer_object", args=[placement, instance])
