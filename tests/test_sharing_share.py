"""Share Studies: what becomes of each study and each target."""

import pytest

from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement

pytestmark = pytest.mark.django_db


def share(cast, *targets, by=None, placements=None, **more):
    placements = placements or [cast.placement.uuid]
    return services.share_studies(placements=placements, targets=targets, by=by or cast.ana, **more)


def test_a_share_to_a_location_places_the_study_there(cast):
    report = share(cast, Target(Method.LOCATION, str(cast.emergency.uuid)))

    assert [row.outcome for row in report.rows] == ["shared"]
    assert Placement.objects.filter(study=cast.study, worklist=cast.emergency).exists()


def test_five_methods_go_in_one_press(cast):
    report = share(
        cast,
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        Target(Method.CODE, "river side"),
        Target(Method.EMAIL, "Dora@Example.net"),
    )

    assert [row.outcome for row in report.rows] == ["shared", "shared", "shared", "shared", "invited"]
    assert Share.objects.filter(press=report.press, ended_at=None).count() == 5
