"""Fixtures for the tests of sharing."""

import pytest

from sharing.models import Method
from tests.factories import join, make_user, placement_of
from tests.sharing.share_pages import share


@pytest.fixture
def chain(cast):
    """CT Reporting → Emergency → Riverside by code and an address; the tests of ends end the first."""
    join(make_user("Eve"), cast.northgate, "Radiologist", [cast.emergency])
    first = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    on_emergency = placement_of(cast.study, cast.emergency)
    share(cast.ben, on_emergency, Method.CODE, "RIVERSIDE")
    share(cast.ben, on_emergency, Method.GROUP, cast.chest.uuid)
    share(cast.ben, on_emergency, Method.EMAIL, "dora@example.net")
    return first
