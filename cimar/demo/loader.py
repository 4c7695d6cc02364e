"""Loads the demo through the services. It adds what never was there, and touches nothing that is."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from audit import clock
from audit.actor import Actor
from cimar.demo import files
from cimar.demo.directory import Changed, DemoDirectory, Loaded
from cimar.demo.links import add_guest_link
from cimar.demo.made import report, volume
from cimar.demo.shares import PRESSES, DemoPress
from cimar.demo.studies import STUDIES, DemoStudy
from sharing.dates import end_of
from sharing.models import Method, Share
from sharing.services import NothingThere, Outcome, decide_share, end_shares, share_studies
from sharing.targets import Target
from studies.ingest.sources import Source
from studies.models import Blob, Instance, Placement, Study
from studies.selectors import series_with
from studies.services import make_view_copies, render_previews, take_in_all

# Study, worklist and person it comes from, method, and the worklist or email it leads to.
Made = tuple[int, int, int, str, int | str | None]


def load() -> Loaded:
    """What people did to the demo since it was loaded stays: a share they ended is not made again.

    Loading that was broken off goes on where it stopped.
    """
    done, directory = Loaded(), DemoDirectory()
    if directory.is_empty:
        directory.fill(done)
    _add_studies(directory, done)
    studies = _studies(directory)
    _add_shares(directory, studies, done)
    add_guest_link(directory, studies, done)
    return done


def _add_studies(directory: DemoDirectory, done: Loaded) -> None:
    """The oldest first, so that they arrived in the order they were made."""
    uids = {files.study_uid(study): study for study in STUDIES}
    # Those deleted or moved since among them: they do not come back.
    there = set(
        Study.objects.filter(study_instance_uid__in=uids).values_list("study_instance_uid", flat=True)
    )
    missing = [study for uid, study in uids.items() if uid not in there]
    for study in sorted(missing, key=lambda study: (-study.days_ago, study.time)):
        with suppress(Changed):
            _add_study(directory, study, done)
    waiting = Instance.objects.filter(
        study__study_instance_uid__in=uids, blob__preview=Blob.Preview.WAITING
    ).values_list("blob", flat=True)
    blobs = set(waiting)
    done.previews += render_previews(blob_ids=blobs)
    make_view_copies(series_ids=series_with(blobs))


def _add_study(directory: DemoDirectory, study: DemoStudy, done: Loaded) -> None:
    home = directory.home(study)
    assert home.account is not None  # a location or group
    today = clock.now().astimezone(ZoneInfo(home.account.timezone)).date()
    result = take_in_all(
        worklist=home,
        by=Actor.of(directory.people[study.uploaded_by]),
        sources=list(_sources(study, today - timedelta(days=study.days_ago), home.account.name)),
    )
    done.studies += len(result.studies)
    done.troubles += [f"{file.name}: {file.sentence}" for file in result.left_out]


def _sources(study: DemoStudy, day: date, institution: str) -> Iterator[Source]:
    for file in study.files:
        content = files.build(study, file, day=day, institution=institution)
        yield _source(file.name, content)
    for name, content in volume(study, day=day, institution=institution):
        yield _source(name, content)
    if study.report:
        yield _source(*report(study, day=day, institution=institution))


def _source(name: str, content: bytes) -> Source:
    return Source(name, lambda: BytesIO(content))


def _add_shares(directory: DemoDirectory, studies: dict[str, Study], done: Loaded) -> None:
    made = _made(list(studies.values()))
    for wanted in PRESSES:
        if not studies.keys() >= set(wanted.studies):
            continue
        try:
            targets = [_target(directory, wanted, Method(method), value) for method, value in wanted.targets]
            ours = [studies[key] for key in wanted.studies]
            if made & _as_made(directory, wanted, ours, targets):
                continue
            _press(directory, wanted, ours, [target for target, _ in targets])
            done.presses += 1
        except Changed:
            continue
        except (NothingThere, PermissionDenied, ValidationError) as error:
            # The demo was used since, and this person may no longer share it.
            why = str(error) or "it is no longer there"
            done.troubles.append(f"{wanted.by} did not share {', '.join(wanted.studies)}: {why}")


def _studies(directory: DemoDirectory) -> dict[str, Study]:
    """The studies at their homes by the demo's keys; deleted ones as well."""
    at = {}
    for study in STUDIES:
        with suppress(Changed):
            at[directory.home(study).pk, files.study_uid(study)] = study.key
    rows = Study.objects.filter(study_instance_uid__in=[uid for _, uid in at]).order_by("pk")
    return {
        at[row.home_id, row.study_instance_uid]: row
        for row in rows
        if (row.home_id, row.study_instance_uid) in at
    }


def _made(studies: Sequence[Study]) -> set[Made]:
    """Every share there ever was of these studies, ended ones too."""
    rows = Share.objects.filter(study__in=studies).values_list(
        "study", "from_worklist", "shared_by", "method", "to_worklist", "invitation__email"
    )
    return {
        (study, place, by, method, to)
        for study, place, by, method, worklist, email in rows
        for to in (worklist, email)
    }


def _as_made(
    directory: DemoDirectory, wanted: DemoPress, studies: list[Study], targets: list[tuple[Target, int | str]]
) -> set[Made]:
    by, place = directory.people[wanted.by], directory.place(wanted.by, wanted.place)
    return {(study.pk, place.pk, by.pk, target.method, to) for study in studies for target, to in targets}


@transaction.atomic
def _press(directory: DemoDirectory, wanted: DemoPress, studies: list[Study], targets: list[Target]) -> None:
    """One press, and what was decided of it at once; all or nothing."""
    by, place = directory.people[wanted.by], directory.place(wanted.by, wanted.place)
    placements = Placement.objects.filter(worklist=place, study__in=studies)
    last_day = clock.now().date() + timedelta(days=wanted.days or 0)
    report = share_studies(
        placements=list(placements.values_list("uuid", flat=True)),
        targets=targets,
        by=Actor.of(by),
        note=wanted.note,
        expires_at=end_of(last_day, place) if wanted.days is not None else None,
    )
    if refused := [row.sentence for row in report.rows if row.outcome == Outcome.REFUSED]:
        raise ValidationError(refused)
    shares = [row.share.uuid for row in report.rows if row.share is not None]
    if wanted.approved_by:
        for share in shares:
            decide_share(share=share, by=Actor.of(directory.people[wanted.approved_by]), approve=True)
    if wanted.ended_by:
        end_shares(shares=shares, by=Actor.of(directory.people[wanted.ended_by]))


def _target(
    directory: DemoDirectory, wanted: DemoPress, method: Method, value: str
) -> tuple[Target, int | str]:
    """What would be picked in the dialog, and the worklist or email it leads to."""
    match method:
        case Method.LOCATION | Method.GROUP:
            worklist = directory.place(wanted.by, value)
            return Target(method, str(worklist.uuid)), worklist.pk
        case Method.PHYSICIAN:
            user = directory.people[value]
            return Target(method, str(user.uuid)), user.personal_worklist.pk
        case Method.CODE:
            return Target(method, value), directory.by_code(value).pk
        case _:
            known = directory.people.get(value)
            return Target(method, value), known.personal_worklist.pk if known is not None else value
