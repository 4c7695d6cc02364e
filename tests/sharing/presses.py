"""Presses of Share Studies in tests: some studies, some recipients, and the outcome of the press."""

from sharing import services
from sharing.models import Method
from sharing.targets import Target
from tests.cast import acting


def share(cast, *targets, by=None, placements=None, **more):
    placements = placements or [cast.placement.uuid]
    return services.share_studies(placements=placements, targets=targets, by=acting(by or cast.ana), **more)


def outcome(report):
    [row] = report.rows
    return row.outcome, row.sentence


def to_emergency(cast):
    return Target(Method.LOCATION, str(cast.emergency.uuid))


def to_ben(cast):
    return Target(Method.PHYSICIAN, str(cast.ben.uuid))
