"""Whether what stands in the database is what the law says, by enumeration, and what the audit says."""

from collections import Counter, defaultdict

from audit.actions import Action
from audit.clock import now
from audit.models import AuditEvent
from sharing.management.commands.check_placements import differences
from sharing.models import Method, Share
from studies.models import FOREVER, Placement, Study
from tests import law_model
from tests.law_model import Grant

BEGINNING = {Action.SHARE_ADD}
ENDING = {
    Action.SHARE_END,
    Action.SHARE_EXPIRE,
    Action.SHARE_UNREACHABLE,
    Action.SHARE_DECLINE,
    Action.SHARE_DROP,
}
ALWAYS = (FOREVER, FOREVER, FOREVER)


def assert_lawful() -> None:
    """Every placement is what the un-ended shares give, none of those is dead, each came and went in the audit.

    The law is said by enumeration here, and a third time in SQL by `check_placements`.
    """
    moment = now()
    grants = defaultdict(list)
    for share in Share.objects.filter(ended_at=None):
        grants[share.study_id].append(grant_of(share))
    stands = defaultdict(dict)
    for placement in Placement.objects.all():
        times = (placement.visible_until, placement.internal_until, placement.exists_until)
        stands[placement.study_id][placement.worklist_id] = times
    for study in Study.objects.all():
        expected = {} if study.deleted_at else expected_of(study, grants[study.pk], moment)
        assert stands[study.pk] == expected
        assert law_model.let_die(study.home_id, grants[study.pk], moment) == 0
        assert not (study.deleted_at and grants[study.pk])
    assert list(differences()) == []
    assert_told()


def grant_of(share: Share) -> Grant:
    return Grant(
        share.from_worklist_id,
        share.to_worklist_id,
        share.expires_at or FOREVER,
        share.approved_at is not None,
        share.method == Method.EMAIL,
    )


def expected_of(study: Study, grants: list[Grant], moment: object) -> dict[int, tuple]:
    reached = {grant.to for grant in grants} - {None}
    found = {worklist: law_model.times(study.home_id, worklist, grants) for worklist in reached}
    return {study.home_id: ALWAYS} | {
        worklist: times for worklist, times in found.items() if times[2] > moment
    }


def assert_told() -> None:
    """One line for the beginning of each share, and one for its end if it ended."""
    events = Counter(AuditEvent.objects.exclude(share_uuid=None).values_list("share_uuid", "action"))
    for share in Share.objects.all():
        begun = sum(events[share.uuid, action] for action in BEGINNING)
        ended = sum(events[share.uuid, action] for action in ENDING)
        assert (begun, ended) == (1, int(share.ended_at is not None))
