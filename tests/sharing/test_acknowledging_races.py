"""Two members of a worklist acknowledge the same study at once: it is acknowledged once, by the first of them."""

import pytest

from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method
from studies.models import Placement
from tests.cast import Cast, acting
from tests.factories import join, make_user, placement_of
from tests.overlap import Deed, Hold, at_once, queued
from tests.sharing.share_pages import share

pytestmark = pytest.mark.django_db(transaction=True)


def acknowledging(placement: Placement, user: object) -> Deed:
    return lambda: services.acknowledge(placement=placement.uuid, by=acting(user))


def placement_row(placement: Placement) -> Hold:
    return "SELECT FROM studies_placement WHERE id = %s FOR UPDATE", [placement.pk]


@pytest.fixture
def there(cast: Cast) -> Placement:
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    return placement_of(cast.study, cast.emergency)


@pytest.fixture
def bea(cast: Cast) -> object:
    person = make_user("Bea")
    join(person, cast.northgate, "Radiologist", [cast.emergency])
    return person


def acknowledgements() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=Action.SHARE_ACKNOWLEDGE))


def test_the_second_of_two_waits_and_is_shown_that_it_was_done(cast: Cast, there: Placement, bea) -> None:
    answers = queued(placement_row(there), [acknowledging(there, bea), acknowledging(there, cast.ben)])

    assert sorted(answers) == [False, True]
    assert len(acknowledgements()) == 1


def test_many_at_once_are_one_acknowledgement(cast: Cast, there: Placement, bea) -> None:
    answers = at_once([acknowledging(there, person) for person in (bea, cast.ben, cast.adam) * 3])

    assert sorted(answers) == [False] * 8 + [True]
    assert len(acknowledgements()) == 1
