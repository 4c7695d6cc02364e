"""What a study holds beside its images, and the instances that such an object refers to."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Q

from studies.beside import VIDEO_SYNTAXES, sop_classes
from studies.models import Instance, Study

MOST_OBJECTS = 500


def beside_in(study: Study) -> list[Instance]:
    """The objects that have a page of their own, with their series, in the order of the study's page."""
    classes = Q(sop_class_uid__in=sop_classes(), frames=0) | Q(transfer_syntax_uid__in=VIDEO_SYNTAXES)
    objects = Instance.objects.filter(classes, study=study).select_related("series", "blob")
    order = (F("series__number").asc(nulls_last=True), "series", F("number").asc(nulls_last=True), "pk")
    return list(objects.order_by(*order)[:MOST_OBJECTS])


def instances_by_uid(study: Study, uids: Collection[str]) -> dict[str, Instance]:
    """Of the study's instances those that are named, with their series and what a picture needs."""
    named = Instance.objects.filter(study=study, sop_instance_uid__in=list(uids))
    return {each.sop_instance_uid: each for each in named.select_related("series", "blob")}


def series_of_instance(study: Study, instance: UUID) -> UUID | None:
    """The uuid of the series that an instance of the study is in."""
    named = Instance.objects.filter(study=study, uuid=instance)
    return named.values_list("series__uuid", flat=True).first()
