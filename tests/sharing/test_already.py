"""Who has the ticked studies already is marked in the dialog, before they are shared again."""

import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import clock as database_clock
from audit.actor import OPERATOR
from common import formats
from sharing import services
from sharing.models import Method, Share
from sharing.selectors import who_has_access
from sharing.selectors.already import Shown, already_shared
from sharing.targets import Target
from studies.models import Placement
from tests.cast import Cast, acting
from tests.days import day_of
from tests.factories import make_study, placement_of
from worklists.models import Worklist
from worklists.services import change_worklist

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def share(by: Any, placements: Any, *targets: Target, **more: Any) -> None:
    services.share_studies(
        placements=[placement.uuid for placement in placements], targets=targets, by=acting(by), **more
    )


def dialog(client: Any, *placements: Placement, **picked: Any) -> str:
    data = {"placement": [str(placement.uuid) for placement in placements], **picked}
    answer = client.post(reverse("sharing:share_check"), data)
    return " ".join(re.sub(r"<svg.*?</svg>", "", answer.content.decode(), flags=re.S).split())


def mark_of(page: str, name: str) -> str:
    """The mark beside a recipient, as it is read; empty where there is none."""
    # The recent recipients carry no mark: what is picked of them gets its own below.
    page = re.sub(r'<ul class="recent">.*?</ul>', "", page)
    after = page.partition(f"<bdi>{name}</bdi>")[2] or page.partition(f'"chip-label">{name}</bdi>')[2]
    assert after, name
    mine = re.split(r"</label>|</li>", after)[0]
    mark = re.search(r'<span class="already">\s*(.*?)\s*</span>', mine)
    return mark[1] if mark else ""


def test_every_method_marks_who_has_the_study_and_until_when(client, cast, clock):
    until = day_of(20).isoformat()
    day = formats.day(until)
    end = {"expires_at": day_of(20)}
    share(
        cast.ana,
        [cast.placement],
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        Target(Method.EMAIL, "dora@example.net"),
        **end,
    )
    share(cast.lois, [cast.placement], Target(Method.LOCATION, str(cast.emergency.uuid)), **end)
    share(cast.ana, [cast.placement], Target(Method.CODE, "RIVERSIDE"), Target(Method.EMAIL, cast.ed.email))
    client.force_login(cast.ana)

    page = dialog(
        client,
        cast.placement,
        physician=str(cast.ben.uuid),
        new_code="RIVERSIDE",
        new_email=f"dora@example.net, {cast.ed.email}, new@example.net",
    )

    assert mark_of(page, "Emergency") == f"already shared, until {day}"
    assert mark_of(page, "Cardiology MDT") == ""
    assert mark_of(page, "Ben") == f"already shared, until {day}"
    assert mark_of(page, "Riverside Clinic — Riverside Imaging") == "already shared, no end date"
    assert mark_of(page, "dora@example.net") == f"already shared, until {day}"
    assert mark_of(page, cast.ed.email) == "already shared, no end date"
    assert mark_of(page, "new@example.net") == ""


def test_of_several_studies_it_says_how_many_and_the_earliest_end(client, cast):
    other, third = (placement_of(make_study(cast.ct), cast.ct) for _ in range(2))
    to_emergency = Target(Method.LOCATION, str(cast.emergency.uuid))
    soon = day_of(3)
    share(cast.ana, [cast.placement], to_emergency, expires_at=soon)
    share(cast.ana, [other], to_emergency)
    client.force_login(cast.ana)

    day = formats.day(soon.isoformat())
    assert (
        mark_of(dialog(client, cast.placement, other), "Emergency") == f"already shared, until {day} or later"
    )
    some = mark_of(dialog(client, other, third), "Emergency")
    assert some == "1 of 2 studies already shared, no end date"


def test_an_ended_share_is_no_mark_and_one_that_waits_is(client, cast, clock):
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    share(cast.ana, [cast.placement], Target(Method.GROUP, str(cast.chest.uuid)))
    share(cast.ana, [cast.placement], Target(Method.LOCATION, str(cast.emergency.uuid)))
    services.end_shares(
        shares=Share.objects.filter(method=Method.LOCATION).values_list("uuid", flat=True),
        by=acting(cast.ana),
    )
    client.force_login(cast.ana)

    page = dialog(client, cast.placement)

    assert mark_of(page, "Emergency") == ""
    assert mark_of(page, "Chest Clinic") == "already shared, no end date"


def test_what_another_organisation_shared_on_is_not_told_beside_an_email_or_below_one(client, cast):
    """Ana's dialog says nothing of what Ed did with what she sent him by email, and not whose a code's email is."""
    share(cast.ana, [cast.placement], Target(Method.EMAIL, cast.ed.email))
    own = Placement.objects.get(worklist__owner=cast.ed)
    share(cast.ed, [own], Target(Method.CODE, "RIVERSIDE"))
    Worklist.objects.filter(owner=cast.ed).update(share_code="EDSOWN2026")
    client.force_login(cast.ana)

    page = dialog(client, cast.placement, new_code="RIVERSIDE, EDSOWN2026")

    assert mark_of(page, "Riverside Clinic — Riverside Imaging") == ""
    assert mark_of(page, "Ed") == ""


def test_from_another_worklist_only_what_was_shared_there_is_told(client, cast):
    share(cast.ana, [cast.placement], Target(Method.LOCATION, str(cast.emergency.uuid)))
    share(cast.ana, [cast.placement], Target(Method.GROUP, str(cast.cardiology.uuid)))
    on_emergency = placement_of(cast.study, cast.emergency)
    share(cast.ben, [on_emergency], Target(Method.GROUP, str(cast.chest.uuid)))
    client.force_login(cast.ben)
    page = dialog(client, on_emergency)
    assert mark_of(page, "Chest Clinic") == "already shared, no end date"
    assert mark_of(page, "Cardiology MDT") == ""
    # At home Ana is told of both, as on the Access tab.
    client.force_login(cast.ana)
    page = dialog(client, cast.placement)
    assert (mark_of(page, "Chest Clinic") != "", mark_of(page, "Cardiology MDT") != "") == (True, True)


PRESSES = st.lists(
    st.tuples(
        st.sampled_from(["ct", "emergency", "chest", "cardiology", "imaging"]),
        st.sampled_from(["emergency", "chest", "cardiology", "RIVERSIDE", "ben", "dora@example.net"]),
    ),
    max_size=6,
)
AT = {"ct": "ana", "emergency": "ben", "chest": "adam", "cardiology": "adam", "imaging": "caro"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presses=PRESSES)
def test_whatever_was_shared_the_marks_are_those_whom_the_access_tab_names(cast: Cast, presses: list) -> None:
    worklists = {name: getattr(cast, name) for name in AT}
    with transaction.atomic():
        for source, to in presses:
            placement = (
                Placement.objects.visible().filter(study=cast.study, worklist=worklists[source]).first()
            )
            if placement is not None:
                share(getattr(cast, AT[source]), [placement], target(cast, to))
        for source, person in AT.items():
            here = Placement.objects.visible().filter(study=cast.study, worklist=worklists[source]).first()
            if here is None or source == "imaging":
                continue
            ids = {worklist.pk: worklist for worklist in worklists.values()}
            marked = already_shared([cast.study.pk], worklists[source], Shown(ids.keys()))
            access = who_has_access(here, acting(getattr(cast, person)), database_clock.now())
            named = {place.uuid for place in access.places}
            assert {ids[pk].uuid for pk in marked} <= named
        transaction.set_rollback(True)


def target(cast: Cast, to: str) -> Target:
    if to == "ben":
        return Target(Method.PHYSICIAN, str(cast.ben.uuid))
    if "@" in to:
        return Target(Method.EMAIL, to)
    if to == "RIVERSIDE":
        return Target(Method.CODE, to)
    worklist = getattr(cast, to)
    return Target(Method(worklist.kind), str(worklist.uuid))


def test_the_dialog_counts_what_can_be_shared_and_beside_it_what_cannot(client, cast):
    client.force_login(cast.ana)
    page = dialog(
        client,
        cast.placement,
        location=[str(cast.emergency.uuid), "3a4be8ba-96a1-4fd9-a4a1-1a22b1b5ef0e"],
        physician=[str(cast.ben.uuid), str(cast.caro.uuid)],
        new_code="RIVERSIDE, NOSUCHCODE, ANOTHER",
        new_email="dora@example.net, not an email",
    )
    line = re.sub(r"<[^>]+>", "", page.partition('id="share-line"')[2].partition("</p>")[0])
    assert ("1 study to 4 recipients" in line, "5 invalid entries" in line) == (True, True)


def test_the_marks_are_one_statement_however_many_studies_and_recipients(client, cast):
    studies = [placement_of(make_study(cast.ct), cast.ct) for _ in range(30)]
    everyone = [
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.GROUP, str(cast.chest.uuid)),
        Target(Method.EMAIL, "dora@example.net"),
    ]
    client.force_login(cast.ana)
    prices = []
    for placements in ([cast.placement], studies):
        share(cast.ana, placements, *everyone)
        dialog(client, *placements, email="dora@example.net")
        with CaptureQueriesContext(connection) as asked:
            page = dialog(client, *placements, email="dora@example.net")
        assert page.count('class="already"') == 3
        prices.append(len(asked))
    assert prices[0] == prices[1] <= 17
