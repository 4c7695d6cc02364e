"""Every address and method × every person: what they get, and that a refusal leaves nothing behind but its one line.

An address without a row fails; so does a row without an address.
"""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from sharing import services
from sharing.models import Method
from sharing.targets import Target
from tests.cast import acting
from tests.factories import placement_of
from tests.fingerprint import AUDIT, fingerprint
from tests.matrix import (
    FOUND,
    HIDDEN,
    Row,
    addresses,
    answer,
    asked_by_everyone,
    got,
    left_by_refusals,
    signed_in,
    undone,
    world,
)
from tests.product import account_rows, guest_rows, picker_rows, sharing_rows, study_rows
from tests.product.account_rows import GROUPED_ROWS
from tests.product.matrix_values import ct, frame, invitation, original, pack, placement, thumbnail

__all__ = ["answer", "signed_in", "world"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.CIMAR_DEVELOPMENT = False


ROWS = [*study_rows.ROWS, *picker_rows.ROWS, *sharing_rows.ROWS, *account_rows.ROWS]

# The administration has a matrix of its own (test_admin_matrix.py); allauth's pages stand in GROUPED_ROWS.
GROUPED = ("admin:", "account_", "mfa_", "provider_")
# Nothing to reach by name: redirects in front of the admin's own doors.
UNNAMED = ("None",)
# An address that also answers another method with a page or a redirect, and changes nothing.
HARMLESS = {
    "studies:search": {FOUND},
    "studies:search_all": {FOUND},
    # Nothing is there for who has no token, whatever is asked.
    "metrics": {HIDDEN},
    "dicomweb:nothing": {HIDDEN},
    "accounts:development_mails": {HIDDEN},
    "accounts:development_mail": {HIDDEN},
}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_person_gets_what_the_matrix_says(world, row):
    answers = asked_by_everyone(world, row)

    assert answers.found == row.expected()
    assert answers.left == left_by_refusals(row)


def test_every_address_has_a_row_and_every_row_an_address():
    named = {name for name in addresses(get_resolver().url_patterns) if not name.startswith(GROUPED)}

    assert named - {row.name for row in ROWS} - set(UNNAMED) == set()
    assert {row.name for row in ROWS} - named == set()


@pytest.mark.parametrize("name", sorted({row.name for row in ROWS}))
def test_a_method_without_a_row_does_nothing(world, name):
    first = next(row for row in ROWS if row.name == name)
    others = {"get", "post", "put", "patch", "delete"} - {row.method for row in ROWS if row.name == name}
    client = signed_in(world, "adam")
    before = fingerprint(but={AUDIT, "studies_lastvisit", "studies_imagesserved"})

    answers = {method: got(answer(client, Row(name, method, first.args, {}), world)) for method in others}

    assert set(answers.values()) <= {405, *HARMLESS.get(name, ())}
    assert fingerprint(but={AUDIT, "studies_lastvisit", "studies_imagesserved"}) == before


@pytest.mark.parametrize(
    "name, args",
    [
        (row.name, row.args)
        for row in ROWS
        if row.args in (placement, ct, invitation, guest_rows.guest_link, frame, thumbnail, original, pack)
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_anothers_and_what_does_not_exist_are_answered_alike(world, name, args):
    client = signed_in(world, "caro")
    row = next(row for row in ROWS if row.name == name)
    theirs = args(world)
    nobodys = [uuid4() if value in (theirs[0],) else value for value in theirs]

    one = getattr(client, row.method)(reverse(name, args=theirs))
    other = getattr(client, row.method)(reverse(name, args=nobodys))

    # 404; the proxy, which asks who may send files, understands no 404 and is answered 401.
    assert (one.status_code, one.content) == (row.rest, other.content)
    assert other.status_code == row.rest
    # Every answer names its request; in all else they are the same.
    assert one.headers.pop("X-Request-ID") != other.headers.pop("X-Request-ID")
    assert dict(one.items()) == dict(other.items())


def test_by_no_address_does_a_recipient_with_every_right_touch_the_original(world):
    cast = world.cast
    report = services.share_studies(
        placements=[world.placement.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ana)
    )
    here = placement_of(cast.study, cast.imaging)
    client = signed_in(world, "rita")
    before = study_row(cast.study)
    for row in ROWS:
        for uuid in (here.uuid, world.placement.uuid):
            for share in (report.rows[0].share.uuid, world.share.uuid):
                with undone():
                    args = [uuid if value == world.placement.uuid else value for value in row.args(world)]
                    data = {"placement": [str(uuid)], "share": [str(share)], "why": "Not ours"}
                    client.post(reverse(row.name, args=args), data)
                    assert study_row(cast.study) == before, row
                    assert placement_of(cast.study, cast.ct).uuid == world.placement.uuid, row


def study_row(study: Any) -> dict[str, Any]:
    return type(study).objects.filter(pk=study.pk).values().get()


@pytest.mark.parametrize("name, args, member, visitor", GROUPED_ROWS, ids=[row[0] for row in GROUPED_ROWS])
def test_sign_in_pages_change_nothing_by_being_looked_at(cast, name, args, member, visitor):
    signed_in, anonymous = Client(), Client()
    signed_in.force_login(cast.ana)
    before = fingerprint()

    assert (got(signed_in.get(reverse(name, args=args))), got(anonymous.get(reverse(name, args=args)))) == (
        member,
        visitor,
    )
    assert fingerprint() == before


def test_every_sign_in_page_has_a_row():
    every = addresses(get_resolver().url_patterns)
    named = {name for name in every if name.startswith(GROUPED) and not name.startswith("admin:")}

    assert named == {name for name, *_ in GROUPED_ROWS}
