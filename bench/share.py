"""Recipients of every method, for a press as big as one may be."""

from typing import Any


def recipients(cast: Any, addresses: int) -> list[Any]:
    """20 of every method; no email is registered yet."""
    from sharing.models import Method
    from sharing.targets import Target
    from tests.factories import join, make_group, make_location, make_user

    locations = [make_location(cast.northgate) for _ in range(3)]
    groups = [make_group(cast.northgate) for _ in range(3)]
    physicians = [make_user() for _ in range(3)]
    for person in physicians:
        join(person, cast.northgate, "Viewer")
    return [
        *(Target(Method.LOCATION, str(place.uuid)) for place in locations),
        Target(Method.EMAIL, "first@example.net"),
        *(Target(Method.GROUP, str(place.uuid)) for place in groups),
        *(Target(Method.PHYSICIAN, str(person.uuid)) for person in physicians),
        Target(Method.CODE, "RIVERSIDE"),
        *(Target(Method.EMAIL, f"somebody{n}@example.net") for n in range(addresses - 1)),
    ]
