"""An account's rules about who may share with whom, and presses that meet them."""

from typing import Any

from sharing import services
from sharing.models import Method, ShareRule
from sharing.targets import Target
from tests.cast import Cast, acting

EMAIL = Target(Method.EMAIL, "dora@example.net")
RIVERSIDE = Target(Method.CODE, "RIVERSIDE", is_read_back=True)


def forbid(cast: Cast, **parts: Any) -> ShareRule:
    return services.add_share_rule(account=cast.northgate, allows=False, by=acting(cast.adam), **parts)


def allow(cast: Cast, **parts: Any) -> ShareRule:
    return services.add_share_rule(account=cast.northgate, allows=True, by=acting(cast.adam), **parts)


def press(cast: Cast, *targets: Target, by: Any = None, placement: Any = None) -> list[Any]:
    placements = [(placement or cast.placement).uuid]
    report = services.share_studies(placements=placements, targets=targets, by=acting(by or cast.ana))
    return report.rows


def location(cast: Cast) -> Target:
    return Target(Method.LOCATION, str(cast.emergency.uuid))
