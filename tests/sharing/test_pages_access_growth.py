"""The Access tab of a study that was shared many times: it grows with its shares, and answers for each of them."""

import html
import re
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Share
from tests.chains import SHAPES, share_on, share_onward
from tests.factories import (
    join,
    make_account,
    make_location,
    make_role,
    make_study,
    make_user,
    placement_of,
)

pytestmark = pytest.mark.django_db

FEW, MANY = 50, 200
STATEMENTS = 18


@pytest.fixture
def adam(client, cast):
    client.force_login(cast.adam)
    return client


@pytest.fixture
def shared(cast):
    def onward(shape, number):
        study = make_study(cast.ct)
        with transaction.atomic():
            share_onward(study, shape, number, cast.ana)
        return placement_of(study, cast.ct)

    return onward


def url(placement):
    return reverse("sharing:access", args=[placement.uuid])


def read(client, placement, *, part=False, **asked):
    headers = {"HX-Request": "true"} if part else {}
    return client.get(url(placement), asked, headers=headers)


def page_of(client, placement, **asked):
    return read(client, placement, **asked).content.decode()


def words(page):
    main = page.partition("<main")[2].partition("</main>")[0] or page
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def part_of(page, worklist):
    return page.partition(f'id="worklist-{worklist.uuid}"')[2].partition("</section>")[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_grows_with_its_shares_and_asks_no_more(
    adam, cast, shared, shape, django_assert_num_queries
):
    less, more = shared(shape, FEW), shared(shape, MANY)
    few = page_of(adam, less)
    with django_assert_num_queries(STATEMENTS):
        page_of(adam, less)
    with django_assert_num_queries(STATEMENTS):
        many = page_of(adam, more)

    assert (few.count('class="access-place"'), many.count('class="access-place"')) == (FEW + 1, MANY + 1)
    for counted in (len, lambda page: page.count('class="path-step"')):
        assert counted(many) <= 1.3 * counted(few) * MANY / FEW


def test_a_long_path_is_folded_and_leads_to_the_worklist_before(adam, cast, shared):
    placement = shared("chain", 6)
    wards = wards_of(placement)

    page = page_of(adam, placement)

    before = f"Share by Ana group Worklist {wards[2].name} Northgate Hospital Share by Ana group Worklist "
    assert f"Original CT Reporting Northgate Hospital Share by Ana group Worklist {wards[0].name}" in words(
        page
    )
    assert before + wards[3].name not in words(page)
    folded = f"3 shares Show them Worklist {wards[2].name} Northgate Hospital Share by Ana group Worklist"
    assert f"Original CT Reporting Northgate Hospital {folded} {wards[3].name}" in words(
        part_of(page, wards[3])
    )
    assert f'href="#worklist-{wards[2].uuid}"' in part_of(page, wards[3])
    anchors = set(re.findall(r'href="#(worklist-[^"]*)"', page))
    assert anchors and anchors <= set(re.findall(r'id="(worklist-[^"]*)"', page))


def test_a_folded_path_is_told_whole_when_asked_for(adam, cast, shared):
    placement = shared("chain", 6)
    wards = wards_of(placement)
    last = Share.objects.get(to_worklist=wards[5])
    by = "Share by Ana group"
    hidden = " ".join(f"{by} Worklist {ward.name} Northgate Hospital" for ward in wards[:4]) + f" {by}"

    part = read(adam, placement, part=True, path=last.uuid).content.decode()
    page = page_of(adam, placement, path=last.uuid)

    assert words(part) == hidden
    ends = f"Worklist {wards[4].name} Northgate Hospital {by} Worklist {wards[5].name}"
    assert f"Original CT Reporting Northgate Hospital 5 shares {hidden} {ends}" in words(page)
    assert page.count("path-fold") == page.count("Show them") + 1 == 3
    assert details() == [{"path": str(last.uuid)}] * 2


def test_each_worklist_follows_the_one_it_was_shared_from(adam, cast, shared):
    placement = shared("tree", 25)
    wards = wards_of(placement)

    page = page_of(adam, placement)

    order = re.findall(r'class="access-place" id="worklist-([^"]*)"', page)
    children = [wards[0], *wards[10:20], wards[1], *wards[20:25], *wards[2:10]]
    assert order == [str(worklist.uuid) for worklist in [cast.ct, *children]]


def test_on_many_worklists_people_are_counted_and_named_when_asked_for(adam, cast, shared):
    placement = shared("star", 13)
    ward = wards_of(placement)[7]

    page = page_of(adam, placement)
    part = read(adam, placement, part=True, names=ward.uuid).content.decode()
    asked = page_of(adam, placement, names=ward.uuid)
    everybody = page_of(adam, placement, names="all")

    assert "1 person can see it here Show the names" in words(part_of(page, ward))
    assert words(part) == "Administrator Adam"
    assert "Show the names of all people" in words(page)
    assert words(page).count("Administrator Adam") == 0
    assert words(asked).count("Administrator Adam") == 1
    assert "<details open" in part_of(asked, ward)
    assert words(everybody).count("Administrator Adam") == 14
    assert "Show the names" not in words(everybody)
    assert details() == [{}, {"names": str(ward.uuid)}, {"names": str(ward.uuid)}, {"names": "all"}]


def test_on_a_few_worklists_people_are_named_at_once(adam, cast, shared):
    page = page_of(adam, shared("star", 11))

    assert words(page).count("Administrator Adam") == 12
    assert "Show the names" not in words(page)


@pytest.mark.parametrize("name", ["names", "path"])
def test_what_is_not_on_the_page_is_not_there(client, cast, shared, name):
    """Of another study, of a worklist that is not the reader's, made up, or nonsense; and nothing is recorded."""
    placement, other = shared("star", 13), shared("star", 1)
    [foreign] = Share.objects.filter(study=other.study)
    client.force_login(cast.adam)
    values = [uuid4(), "nonsense"]
    values += [foreign.uuid, other.uuid] if name == "path" else [foreign.to_worklist.uuid, cast.imaging.uuid]

    for value in values:
        answered = read(client, placement, part=True, **{name: value})
        assert (value, answered.status_code) == (value, 404)
    assert details() == []


def wards_of(placement):
    shares = Share.objects.filter(study=placement.study).select_related("to_worklist").order_by("pk")
    return [share.to_worklist for share in shares]


def details():
    return [event.detail for event in AuditEvent.objects.filter(action=Action.ACCESS_READ).order_by("pk")]


def test_what_a_fold_hides_from_another_organisation_stays_hidden_when_it_opens(client, cast, shared):
    """Earlier steps are told as worklists of their organisation, and lead nowhere; whoever shared it here is named."""
    placement = shared("chain", 4)
    wards = wards_of(placement)
    with transaction.atomic():
        share_on(placement.study, wards[3], cast.imaging, cast.ben)
    there = placement_of(placement.study, cast.imaging)
    share = Share.objects.get(to_worklist=cast.imaging)
    client.force_login(cast.caro)

    page = page_of(client, there)
    part = read(client, there, part=True, path=share.uuid).content.decode()

    to_here = (
        f"Worklist {wards[3].name} Northgate Hospital Share by Ben share code Worklist Riverside Imaging"
    )
    assert f"Original a worklist of Northgate Hospital 4 shares Show them {to_here}" in words(page)
    hidden = "Share by someone at Northgate Hospital group"
    step = "Worklist a worklist of Northgate Hospital"
    assert words(part) == " ".join([hidden, *[f"{step} {hidden}"] * 3])
    assert "#worklist-" not in part
    for secret in (wards[0].name, wards[2].name, "CT Reporting", " Ana "):
        assert secret not in words(page) + words(part)


def test_what_people_call_things_is_text(client, cast):
    """A worklist, an account, a role and a person with markup for a name."""
    hostile = '"><img src=x> {0} & co'
    account = make_account(f"A{hostile}")
    home, ward = make_location(account, f"H{hostile}"), make_location(account, f"W{hostile}")
    role = make_role(account, f"R{hostile}", ["list_studies", "open_study", "share_study"])
    person = make_user(f"P{hostile}", email="p@example.org")
    join(person, account, role, every_worklist=True)
    study = make_study(home)
    with transaction.atomic():
        share_on(study, home, ward, person)
    client.force_login(person)

    page = page_of(client, placement_of(study, home)).partition("<main")[2]

    for name in "AHWRP":
        assert f"{name}{html.escape(hostile)}" in page
    assert "<img" not in page
