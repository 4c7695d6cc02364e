"""How many statements sharing takes: the same for one study as for fifty, and few for five hundred."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import clock
from audit.models import AuditEvent
from bench.house import make_studies
from bench.share import recipients
from sharing import services
from sharing.models import Method, Share
from sharing.services.press import COPIED
from sharing.targets import Target
from tests.cast import acting
from worklists import access

pytestmark = pytest.mark.django_db


def statements(cast, placements, targets, *, by=None):
    uuids = [placement.uuid for placement in placements]
    with CaptureQueriesContext(connection) as captured:
        report = services.share_studies(placements=uuids, targets=targets, by=acting(by or cast.ana))
    assert report.count("refused") == 0
    return len(captured)


def of_every_method(cast):
    return [
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        # Read back before, as the dialog does.
        Target(Method.CODE, "RIVERSIDE", is_read_back=True),
        Target(Method.EMAIL, "dora@example.net"),
    ]


def test_one_study_to_one_location(cast):
    studies = make_studies(cast.ct, 1)

    assert statements(cast, studies, of_every_method(cast)[:1]) == 20


def test_ten_studies_to_five_recipients_take_as_many_as_one_does_and_fifty_one_more(cast):
    studies, targets = make_studies(cast.ct, 61), of_every_method(cast)
    # The first press invites the address; after that a press of one and a press of fifty do the same.
    statements(cast, [cast.placement], targets)

    # Among them the question whether the email was shared with before.
    assert statements(cast, studies[:1], targets) == 48
    assert statements(cast, studies[1:11], targets) == 48
    # More than fifty shares go in by COPY, and their keys are read back.
    assert statements(cast, studies[11:], targets) == 49


def test_codes_that_were_not_read_back_are_counted_in_five_statements_however_many(cast):
    studies = make_studies(cast.ct, 2)
    codes = [Target(Method.CODE, "RIVERSIDE"), Target(Method.CODE, "NORTHGATE")]
    read_back = [Target(Method.CODE, target.value, is_read_back=True) for target in codes]

    assert statements(cast, studies[:1], codes) == statements(cast, studies[1:], read_back) + 5


def test_what_goes_in_by_copy_is_what_goes_in_one_by_one(cast):
    note = "Für die Besprechung:\t“10 %”, C:\\N\n\\. 会議"
    studies, until = make_studies(cast.ct, 61), clock.now() + timedelta(days=3)
    reports = [
        services.share_studies(
            placements=[placement.uuid for placement in some],
            targets=of_every_method(cast),
            by=acting(cast.ana),
            note=note,
            expires_at=until,
        )
        for some in (studies[:1], studies[1:])
    ]

    for report in reports:
        made = {row.share.pk: vars(row.share) for row in report.rows}
        stored = {share.pk: vars(share) for share in Share.objects.filter(pk__in=made)}
        assert [columns(stored[pk]) for pk in made] == [columns(values) for values in made.values()]
    told = AuditEvent.objects.filter(action="study:share:add").order_by("pk")
    assert told.count() == 61 * 5
    per_method = [told.filter(detail__method=method) for method in Method.values]
    alike = [
        set(
            events.values_list(
                "outcome", "by_label", "worklist_label", "other_worklist_label", "detail__until"
            )
        )
        for events in per_method
    ]
    assert [len(one) for one in alike] == [1] * len(Method.values)


def columns(values):
    return {name: value for name, value in values.items() if name in COPIED}


def test_five_hundred_studies_to_twenty_recipients_of_every_method(cast):
    studies, targets = make_studies(cast.ct, 500), recipients(cast, 10)

    assert statements(cast, studies, targets) <= 60
    assert Share.objects.filter(ended_at=None).count() == 10_000


def test_sharing_on_from_a_personal_worklist(cast):
    studies = make_studies(cast.ct, 51)
    statements(cast, studies, [Target(Method.PHYSICIAN, str(cast.ben.uuid))])
    own = list(cast.ben.personal_worklist.placements.order_by("pk"))
    onward = [Target(Method.GROUP, str(cast.chest.uuid))]

    assert statements(cast, own[:1], onward, by=acting(cast.ben)) == 25
    assert statements(cast, own[1:], onward, by=acting(cast.ben)) == 25


def test_ending_fifty_shares_takes_as_many_as_ending_one(cast):
    studies = make_studies(cast.ct, 51)
    uuids = [placement.uuid for placement in studies]
    report = services.share_studies(placements=uuids, targets=of_every_method(cast)[:1], by=acting(cast.ana))
    services.share_studies(
        placements=[row.placement.study.placements.get(worklist=cast.emergency).uuid for row in report.rows],
        targets=[Target(Method.GROUP, str(cast.chest.uuid))],
        by=acting(cast.ben),
    )
    shares = [row.share.uuid for row in report.rows]

    with CaptureQueriesContext(connection) as one:
        services.end_shares(shares=shares[:1], by=acting(cast.ana))
    with CaptureQueriesContext(connection) as fifty:
        ended = services.end_shares(shares=shares[1:], by=acting(cast.ana))

    assert (ended.ended, ended.ended_with_them) == (50, 50)
    # One of them asks for guest links that ended with a share.
    assert len(one) == len(fifty) == 17


def test_whether_a_person_may_is_one_statement(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert access.may(acting(cast.ana), "share_study", cast.ct)
