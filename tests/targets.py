"""Recipients that property tests share to."""

from sharing.models import Method
from sharing.targets import Target
from tests.cast import Cast


def internal_targets(cast: Cast) -> list[Target]:
    """Without email: of Northgate a location, two groups and two physicians; and Riverside by its code."""
    return [
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.GROUP, str(cast.cardiology.uuid)),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.PHYSICIAN, str(cast.ben.uuid), cast.northgate.uuid),
        Target(Method.PHYSICIAN, str(cast.vera.uuid), cast.northgate.uuid),
        Target(Method.CODE, "RIVERSIDE"),
    ]
