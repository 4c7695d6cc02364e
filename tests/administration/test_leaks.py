"""Whatever is asked of the administration of one account, no name of another one's is in the answer."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import AccountMembership, Invitation, Role, User
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.models import Method, ShareRule
from sharing.services import add_share_rule, share_studies
from sharing.targets import Target
from tests.administering import token_and_machines
from tests.administration.test_matrix import ROWS as CORE
from tests.administration.test_people_matrix import ROWS as PEOPLES
from tests.cast import PATIENTS, Cast, acting
from tests.factories import join, make_user, membership_of, role_of
from tests.fingerprint import AUDIT, fingerprint
from tests.matrix import answer, signed_in, world
from worklists import services
from worklists.models import AccessToken, Destination, Sender, Worklist, WorklistMembership
from worklists.services import MembershipOffer

__all__ = ["world"]

pytestmark = pytest.mark.django_db

# People, roles, worklists, codes and addresses of Riverside, and every patient.
THEIRS = (
    "Riverside", "RIVERSIDE", "Caro", "caro@example.org", "Rita", "rita@example.org", "Tide reader",
    "Boathouse", "dora@river.test", "staff@river.test", "RIVERBANK1", *PATIENTS,
)  # fmt: skip
TYPED = ("riverside", "caro", "rita@example.org", "tide", "boathouse", "river.test", "RIVERBANK1", "quill")
AWKWARD = "\x00"
LISTS = ("_changelist", "_members", "_members_add", "choose_account")


@pytest.fixture
def theirs(cast: Cast) -> dict[Any, Any]:
    """A row of Riverside for every model, and a trail of theirs."""
    to_dora = [Target(Method.EMAIL, "dora@river.test")]
    share_studies(placements=[cast.other_placement.uuid], targets=to_dora, by=acting(cast.caro))
    machines = token_and_machines(cast.caro, cast.rita, cast.imaging, "Tide reader")
    role = services.add_role(account=cast.riverside, name="Tide reader", by=acting(cast.rita))
    boathouse = services.add_worklist(
        account=cast.riverside, kind="group", name="Boathouse", share_code="RIVERBANK1", by=acting(cast.rita)
    )
    services.change_worklist_member(
        membership=membership_of(cast.caro, cast.imaging), role=role, by=acting(cast.rita)
    )
    offer = MembershipOffer("staff@river.test", role, ((boathouse, None),))
    services.invite_members(account=cast.riverside, offers=[offer], by=acting(cast.rita))
    rule = add_share_rule(
        account=cast.riverside,
        allows=False,
        from_worklist=boathouse,
        reason="Tide reader",
        by=acting(cast.rita),
    )
    return {
        **machines,
        ShareRule: rule,
        Role: role,
        AccountMembership: AccountMembership.objects.get(user=cast.caro),
        Worklist: boathouse,
        WorklistMembership: membership_of(cast.caro, cast.imaging),
        Invitation: Invitation.objects.get(email="staff@river.test"),
        User: cast.caro,
    }


@pytest.fixture
def adam(cast: Cast, theirs: dict[Any, Any], client: Client) -> Client:
    services.change_worklist(worklist=cast.ct, description="Read here", by=acting(cast.adam))
    token_and_machines(cast.ana, cast.adam, cast.ct, "Ours")
    add_share_rule(account=cast.northgate, allows=False, method="email", by=acting(cast.adam))
    services.invite_members(
        account=cast.northgate,
        offers=[MembershipOffer("new@north.test", Role.objects.get(account=cast.northgate, name="Viewer"))],
        by=acting(cast.adam),
    )
    cast.adam.refresh_from_db()
    client.force_login(cast.adam)
    return client


def pages(patterns: Any, namespace: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every named page of the administration with the converters of what its address takes."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern) and namespace == "admin" and pattern.name:
            yield f"admin:{pattern.name}", pattern.pattern.converters


PAGES = sorted(dict(pages(get_resolver().url_patterns)).items(), key=str)


def own_rows(cast: Cast) -> dict[Any, int]:
    return {
        Role: Role.objects.get(account=cast.northgate, name="Viewer").pk,
        AccountMembership: AccountMembership.objects.get(user=cast.ana).pk,
        Worklist: cast.ct.pk,
        WorklistMembership: membership_of(cast.ana, cast.ct).pk,
        Invitation: Invitation.objects.get(account=cast.northgate).pk,
        type(cast.northgate): cast.northgate.pk,
        AccessToken: AccessToken.objects.get(owner=cast.ana).pk,
        Sender: Sender.objects.get(account=cast.northgate).pk,
        Destination: Destination.objects.get(account=cast.northgate).pk,
        ShareRule: ShareRule.objects.get(account=cast.northgate).pk,
        User: cast.ana.pk,
    }


def address_of(name: str, takes: dict[str, Any], cast: Cast) -> str | None:
    if name == "admin:app_list":
        return reverse(name, kwargs={"app_label": "accounts"})
    if "object_id" not in takes:
        return reverse(name) if not takes else None
    model = next(
        model
        for model in sorted(own_rows(cast), key=lambda model: -len(model._meta.model_name))
        if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_")
    )
    return reverse(name, args=[own_rows(cast)[model]])


def names_in(response: Any) -> set[str]:
    """Outside of what was typed and is shown again in a field, an address or a sentence about it."""
    body = b"".join(response) if response.streaming else response.content
    page = body.decode()
    for echoed in (r'value="[^"]*"', r'(?:href|action)="[^"]*"', r"“[^”]*”"):
        page = re.sub(echoed, "", page)
    return {name for name in THEIRS if name in page}


def asked_of(page: str) -> set[str]:
    """Every parameter that a page offers: its links and the fields of its forms."""
    links = {name for link in re.findall(r'href="\?([^"]*)"', page) for name in re.findall(r"(\w+)=", link)}
    return links | set(re.findall(r'name="(\w+)"', page)) - {"csrfmiddlewaretoken"}


ALWAYS = {
    "q",
    "o",
    "p",
    "all",
    "e",
    "_to_field",
    "_popup",
    "_changelist_filters",
    "person",
    "find",
    "page",
    "through",
}


def test_there_are_pages_to_ask() -> None:
    assert len(PAGES) > 40


def answers(client: Client, address: str, asked: dict[str, str]) -> tuple[bool, set[str]]:
    """Whether it is an answer at all, and what is named in it."""
    try:
        answer = client.get(address, asked, follow=True)
    except Exception as fault:
        return False, {repr(fault)[:100]}
    return answer.status_code < 500, names_in(answer)


def test_no_page_names_anything_of_another_account(adam: Client, cast: Cast, theirs: dict[Any, Any]) -> None:
    """Every page, and every parameter it offers with a foreign id and with what nobody would type."""
    foreign, found = str(theirs[Role].pk), {}
    for name, takes in PAGES:
        address = address_of(name, takes, cast)
        assert address is not None
        plain = adam.get(address, follow=True)
        found[address, ""] = (plain.status_code < 500, names_in(plain))
        offered = asked_of("" if plain.streaming else plain.content.decode())
        for parameter in sorted(offered | (ALWAYS if name.endswith(LISTS) else {"_to_field", "next"})):
            for value in (foreign, AWKWARD):
                asked = {parameter: value}
                found[address, str(asked)] = answers(adam, address, asked)

    assert {asked: what for asked, what in found.items() if what != (True, set())} == {}


def test_no_search_names_what_it_was_not_told(adam: Client, cast: Cast) -> None:
    lists = [address_of(name, takes, cast) for name, takes in PAGES if name.endswith(LISTS)]
    found = {
        (url, typed): answers(adam, str(url), {"q": typed, "person": typed, "find": typed})
        for url in lists
        for typed in TYPED
    }
    assert {asked: what for asked, what in found.items() if what != (True, set())} == {}


def every_field() -> list[dict[str, str]]:
    return [
        {
            "app_label": model._meta.app_label,
            "model_name": str(model._meta.model_name),
            "field_name": field.name,
        }
        for model in apps.get_models()
        for field in model._meta.get_fields()
    ]


@pytest.mark.parametrize("term", ["", "boathouse", AWKWARD], ids=repr)
def test_no_autocomplete_of_any_field_names_another_accounts(adam: Client, term: str) -> None:
    url = reverse("admin:autocomplete")
    found = {tuple(asked.values()): answers(adam, url, {**asked, "term": term}) for asked in every_field()}
    assert {asked: what for asked, what in found.items() if what != (True, set())} == {}


@pytest.mark.parametrize(
    "model",
    [Role, AccountMembership, Worklist, WorklistMembership, Invitation, AccessToken, Sender, Destination],
)
@pytest.mark.parametrize("action", ["delete_selected", "anything", ""])
def test_no_bulk_deed_is_posted_by_hand(
    adam: Client, cast: Cast, theirs: dict[Any, Any], model: Any, action: str
) -> None:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    before = fingerprint(but={AUDIT})

    adam.post(
        url,
        {
            "action": action,
            "_selected_action": [theirs[model].pk, own_rows(cast)[model]],
            "post": "yes",
            "index": 0,
        },
    )

    assert fingerprint(but={AUDIT}) == before


def test_a_person_who_is_no_number_is_nobody_chosen(adam: Client, cast: Cast) -> None:
    answer = adam.post(
        reverse("admin:worklists_worklistmembership_add"), {"worklist": cast.ct.pk, "user": "nobody"}
    )

    assert (answer.status_code, "Select a valid choice" in answer.content.decode()) == (200, True)


# Several at once


def test_a_dry_run_tells_no_names_of_people_of_other_accounts(adam: Client, cast: Cast) -> None:
    typed = "email,role,worklists\ncaro@example.org,Viewer,\nrita@example.org,Viewer,\n"

    looked = adam.post(reverse("admin:accounts_invitation_batch"), {"pasted": typed})

    page = looked.content.decode().replace("caro@example.org", "").replace("rita@example.org", "")
    assert "Will be invited" in page
    assert {name for name in THEIRS if name in page} == set()


# Giving what one's own role lacks


def test_every_worklist_to_come_is_given_too(cast: Cast) -> None:
    """Somebody who is on every worklist there is, with a lesser role, gains nowhere now and on the next one made."""
    administrator = Role.objects.get(account=cast.northgate, name="Administrator")
    ticks = set(administrator.permissions.values_list("codename", flat=True)) - {"share_study_by_email"}
    lesser = services.add_role(account=cast.northgate, name="Lesser", permissions=ticks, by=acting(cast.adam))
    vera = AccountMembership.objects.get(user=cast.vera)
    services.change_account_member(membership=vera, role=lesser, by=acting(cast.adam))
    viewer = Role.objects.get(account=cast.northgate, name="Viewer")
    services.change_worklist_member(
        membership=membership_of(cast.ana, cast.ct), role=viewer, by=acting(cast.adam)
    )
    for worklist in (cast.emergency, cast.cardiology, cast.chest):
        services.add_worklist_member(worklist=worklist, user=cast.ana, role=viewer, by=acting(cast.adam))

    ana = AccountMembership.objects.get(user=cast.ana)
    with pytest.raises(PermissionDenied, match="Share study via email"):
        services.change_account_member(membership=ana, every_worklist=True, by=acting(cast.vera))


def test_deactivating_the_only_administrator_says_what_is_left_without_one(
    cast: Cast, client: Client
) -> None:
    """A platform's superuser must be able to stop anybody, and is told what that leaves."""
    client.force_login(cast.sue)
    said = {
        user.name: "will have no administrator"
        in client.get(reverse("admin:accounts_user_deactivate", args=[user.pk])).content.decode()
        for user in (cast.adam, cast.ana)
    }
    assert said == {"Adam": True, "Ana": False}


# The trail


def test_reading_a_history_is_in_the_trail_too(adam: Client, cast: Cast) -> None:
    adam.get(reverse("admin:accounts_role_history", args=[own_rows(cast)[Role]]))

    [read] = AuditEvent.objects.filter(action=Action.AUDIT_READ)
    assert (read.by_id, read.account_id) == (cast.adam.pk, cast.northgate.pk)


def test_an_administrator_reads_no_patient_in_the_trail(adam: Client, cast: Cast) -> None:
    client = Client()
    client.force_login(cast.ana)
    client.get(reverse("studies:list"), {"q": "Quill"}, follow=True)

    page = adam.get(reverse("admin:audit_auditevent_changelist"))
    file = adam.get(reverse("admin:audit_auditevent_csv"))

    assert "Ana" in page.content.decode()
    assert [names_in(answer) for answer in (page, file)] == [set(), set()]


# A right that is gone, and other methods

POSTS = [row for row in (*CORE, *PEOPLES) if row.method == "post"]


def test_who_administered_a_moment_ago_does_nothing_more(world: Any, cast: Cast) -> None:
    """Every form of the administration, from a page that was open when the right was taken away."""
    join(make_user("Carl"), cast.northgate, "Administrator")
    offer = MembershipOffer("olga@example.net", role_of(cast.northgate, "Viewer"))
    services.invite_members(account=cast.northgate, offers=[offer], by=acting(cast.adam))
    own, viewer = AccountMembership.objects.get(user=cast.adam), role_of(cast.northgate, "Viewer")
    client = signed_in(world, "adam")
    assert client.get(reverse("admin:index")).status_code == 200
    services.change_account_member(membership=own, role=viewer, by=OPERATOR)
    before = fingerprint(but={AUDIT})

    statuses = {str(row): answer(client, row, world).status_code for row in POSTS}

    assert len(statuses) > 20
    assert set(statuses.values()) == {403}
    assert fingerprint(but={AUDIT}) == before


def test_no_other_method_does_anything(adam: Client, cast: Cast) -> None:
    """HEAD is GET without its page, and whatever wants a post refuses it; OPTIONS tells nothing."""
    addresses = [address_of(name, takes, cast) for name, takes in PAGES]
    before = fingerprint(but={AUDIT})

    statuses = {
        (method, address): getattr(adam, method)(address).status_code
        for method in ("head", "options")
        for address in addresses
    }

    asked = {url: adam.get(url).status_code for url in addresses}
    assert {key: status for key, status in statuses.items() if key[0] == "options" and status != 405} == {}
    assert {address: statuses["head", address] for address in addresses} == asked
    assert fingerprint(but={AUDIT}) == before
