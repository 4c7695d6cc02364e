"""A form or URL that works, with the id of another organisation's row in the place of each of its ids in turn.

Nothing of that organisation is shown and none of its rows is written.
"""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from sharing import services as sharing
from sharing.models import GuestLink, ListedRecipient, Method, RecipientList, Share
from sharing.targets import Target
from studies.models import Placement, Study, Upload, ViewCopy
from tests.cast import acting
from tests.factories import make_instance, make_series
from tests.matrix import Row, all_signed_in, answer, undone, world
from tests.product.test_access_matrix import ROWS
from worklists.models import Destination, Worklist

__all__ = ["world"]

pytestmark = pytest.mark.django_db

# What the answers must not hold: the names of Riverside's patient and worklists.
THEIRS = ("Ferry", "Riverside Imaging", "Riverside Orthopaedics", "Vault of Riverside", "Thursday MDT")


@pytest.fixture
def foreign(world: SimpleNamespace) -> dict[str, str]:
    """By the id of a row of Northgate, that of a row of the same kind of Riverside."""
    cast = world.cast
    study = cast.other_study
    report = sharing.share_studies(
        placements=[cast.other_placement.uuid],
        targets=[Target(Method.GROUP, str(cast.orthopaedics.uuid)), Target(Method.EMAIL, "zoe@example.net")],
        by=acting(cast.caro),
    )
    shared, promised = (row.share for row in report.rows)
    instance = make_instance(make_series(study))
    listed = RecipientList.objects.create(worklist=cast.imaging, name="Thursday MDT")
    ListedRecipient.objects.create(
        list=listed,
        position=1,
        method="group",
        value=str(cast.orthopaedics.uuid),
        label="Riverside Orthopaedics",
    )
    destination = Destination.objects.create(
        account=cast.riverside, name="Vault of Riverside", url="https://vault.example/dicom-web"
    )
    link = sharing.make_guest_link(placements=[cast.other_placement.uuid], by=acting(cast.caro))
    copy = ViewCopy.objects.create(
        series=instance.series, uuid=uuid4(), state=ViewCopy.State.READY, size=4, head_size=2
    )
    open_upload = Upload.objects.create(
        worklist=cast.imaging, by=cast.caro, open_until=Now() + timedelta(hours=1), n_announced=2
    )
    pairs = [
        (world.placement.uuid, cast.other_placement.uuid), (world.at_emergency.uuid, cast.other_placement.uuid),
        (world.share.uuid, shared.uuid), (world.press, report.press),
        (world.invitation.uuid, promised.invitation.uuid), (world.instance.uuid, instance.uuid),
        (world.instance.series.uuid, instance.series.uuid), (world.recipient_list.uuid, listed.uuid),
        (world.destination.uuid, destination.uuid), (world.guest_link.uuid, link.uuid),
        (world.upload.uuid, Upload.objects.create(worklist=cast.imaging, by=cast.caro).uuid),
        (world.pack, copy.uuid), (world.report.uuid, instance.uuid), (world.open_upload.uuid, open_upload.uuid),
        (cast.ct.uuid, cast.imaging.uuid), (cast.emergency.uuid, cast.orthopaedics.uuid),
        (cast.northgate.uuid, cast.riverside.uuid), (cast.study.study_instance_uid, study.study_instance_uid),
    ]  # fmt: skip
    return {str(ours): str(theirs) for ours, theirs in pairs}


def changed(row: Row, world: SimpleNamespace, foreign: dict[str, str]) -> Iterator[Row]:
    """The row once for each of its ids that has a counterpart, with that in its place."""
    args, data = row.args(world), row.data(world)
    for place, value in enumerate(args):
        if str(value) in foreign:
            theirs = [*args[:place], foreign[str(value)], *args[place + 1 :]]
            yield Row(row.name, row.method, lambda _, theirs=theirs: theirs, {}, data=row.data)
    for key, value in data.items():
        for each in value if isinstance(value, list) else [value]:
            if str(each) in foreign:
                for among in ([], [each]):
                    # Alone, and beside the id that is allowed.
                    posted = {**data, key: [*among, foreign[str(each)]]}
                    yield Row(row.name, row.method, row.args, {}, data=lambda _, posted=posted: posted)


def rows_of_riverside(world: SimpleNamespace) -> list[Any]:
    account, study = world.cast.riverside, world.cast.other_study
    tables = (
        Study.objects.filter(pk=study.pk), Placement.objects.filter(study=study), Share.objects.filter(study=study),
        GuestLink.objects.filter(worklist__account=account), RecipientList.objects.filter(worklist__account=account),
        Destination.objects.filter(account=account), Worklist.objects.filter(account=account),
        Upload.objects.filter(worklist__account=account), Placement.objects.filter(worklist__account=account),
    )  # fmt: skip
    return [list(rows.order_by("pk").values()) for rows in tables]


@pytest.mark.parametrize("name", ["ana", "adam"])
def test_no_id_of_another_organisation_shows_or_changes_anything(
    world: SimpleNamespace, foreign: dict[str, str], name: str
) -> None:
    [client] = all_signed_in(world, [name]).values()
    before, faults, n_tried = rows_of_riverside(world), [], 0
    for row in ROWS:
        for tried in changed(row, world, foreign):
            n_tried += 1
            with undone():
                url_args = tried.args(world)
                response = answer(client, tried, world)
                content = b"".join(response) if response.streaming else response.content
                shown = [text for text in THEIRS if text.encode() in content]
                if shown or response.status_code >= 500 or rows_of_riverside(world) != before:
                    faults.append((str(row), url_args, response.status_code, shown))
    assert n_tried > 100
    assert faults == []
