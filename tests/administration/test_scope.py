"""One account at a time: nothing in the administration shows, finds, names or changes another account's rows."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AccountMembership, Invitation, Role, User
from administration.current_account import CHOSEN
from administration.page import AdminPage
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.models import Method, ShareRule
from sharing.services import add_share_rule, leave_account, share_studies
from sharing.targets import Target
from tests.administering import token_and_machines
from tests.cast import Cast, acting
from tests.factories import join, make_account, membership_of, role_of
from tests.fingerprint import fingerprint
from tests.trails import look
from worklists import access, services
from worklists.management import access_check
from worklists.models import AccessToken, Destination, Sender, Worklist, WorklistMembership

pytestmark = pytest.mark.django_db

# Of Riverside's people, places and roles: what must never reach an administrator of Northgate.
THEIRS = (
    "Riverside",
    "Caro",
    "caro@example.org",
    "Rita",
    "rita@example.org",
    "Tide reader",
    "dora@river.test",
)
SCOPED = (
    AccessToken, AccountMembership, Account, Destination, Invitation, Role, Sender, ShareRule, Worklist,
    WorklistMembership,
)  # fmt: skip
BIGGEST = 2**62
PRICE_OF_THE_TRAIL = 8


@pytest.fixture
def riverside(cast: Cast) -> dict[Any, Any]:
    """A row of Riverside for every model of the administration."""
    share_studies(
        placements=[cast.other_placement.uuid],
        targets=[Target(Method.EMAIL, "dora@river.test")],
        by=acting(cast.caro),
    )
    machines = token_and_machines(cast.caro, cast.rita, cast.imaging, "Tide reader")
    role = services.add_role(account=cast.riverside, name="Tide reader", by=acting(cast.rita))
    services.change_worklist_member(
        membership=membership_of(cast.caro, cast.imaging), role=role, by=acting(cast.rita)
    )
    rule = add_share_rule(account=cast.riverside, allows=False, method="location", by=acting(cast.rita))
    return {
        **machines,
        ShareRule: rule,
        Role: role,
        AccountMembership: AccountMembership.objects.get(user=cast.caro),
        Worklist: cast.imaging,
        WorklistMembership: membership_of(cast.caro, cast.imaging),
        Account: cast.riverside,
        Invitation: Invitation.objects.get(account=cast.riverside),
    }


@pytest.fixture
def adam(cast: Cast, riverside: dict[Any, Any], client: Client) -> Client:
    cast.adam.refresh_from_db()
    client.force_login(cast.adam)
    return client


def named(model: Any, page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def rows_of(model: Any) -> AdminPage:
    found = admin.site._registry[model]
    assert isinstance(found, AdminPage)
    return found


def names_in(response: Any) -> set[str]:
    page = response.content.decode()
    return {name for name in THEIRS if name in page}


def test_the_administration_shows_what_has_a_service_and_nothing_else() -> None:
    assert set(admin.site._registry) == {*SCOPED, User, AuditEvent}


# Lists


TYPED = ("", "riverside", "caro", "CARO@EXAMPLE.ORG", "rita", "tide", "river.test")
ACROSS = (
    "account__name__startswith",
    "role__account__name",
    "user__email__startswith",
    "user__password__startswith",
    "account__memberships__user__email",
)


def found_by(client: Client, asked: dict[str, Any]) -> dict[str, Any]:
    """What each list answers: its status, and which of the names that are not ours it holds."""
    answers = {
        model.__name__: client.get(reverse(named(model, "changelist")), asked, follow=True)
        for model in SCOPED
    }
    return {name: (response.status_code, names_in(response)) for name, response in answers.items()}


@pytest.mark.parametrize("typed", TYPED)
def test_no_search_finds_another_accounts_name(adam: Client, typed: str) -> None:
    assert found_by(adam, {"q": typed}) == {model.__name__: (200, set()) for model in SCOPED}


@pytest.mark.parametrize("lookup", ACROSS)
def test_a_lookup_across_a_key_is_no_question_a_list_answers(adam: Client, lookup: str) -> None:
    found = found_by(adam, {lookup: "River"})

    # The settings have no list: their one row answers.
    assert found == {**{model.__name__: (400, set()) for model in SCOPED}, "Account": (200, set())}


def test_no_list_is_of_another_account(adam: Client, cast: Cast) -> None:
    for lookup in ("account", "account__id__exact", "worklist__id__exact", "e"):
        found = found_by(adam, {lookup: cast.riverside.pk})
        assert set().union(*(names for _, names in found.values())) == set()


@pytest.mark.parametrize("model", [AccountMembership, WorklistMembership])
def test_a_filter_by_a_foreign_row_finds_what_a_filter_by_nothing_finds(
    adam: Client, riverside: dict[Any, Any], model: Any
) -> None:
    url = reverse(named(model, "changelist"))

    theirs = adam.get(url, {"role__id__exact": riverside[Role].pk})
    nobodys = adam.get(url, {"role__id__exact": BIGGEST})

    assert theirs.context["cl"].result_count == nobodys.context["cl"].result_count == 0


def test_popups_and_to_field_open_no_other_door(adam: Client) -> None:
    for asked in ({"_popup": "1"}, {"_to_field": "id"}, {"_popup": "1", "_to_field": "uuid"}):
        found = found_by(adam, asked)
        assert {status for status, _ in found.values()} <= {200, 400}
        assert set().union(*(names for _, names in found.values())) == set()


# One row


def pages_of_a_row() -> Iterator[tuple[Any, str]]:
    for model in SCOPED:
        rows = rows_of(model)
        for url in rows.get_urls():
            if url.name and "object_id" in url.pattern.converters:
                yield model, url.name


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "model, name", list(pages_of_a_row()), ids=lambda value: getattr(value, "__name__", value)
)
def test_an_edited_id_answers_as_one_that_does_not_exist(
    adam: Client, riverside: dict[Any, Any], model: Any, name: str, method: str
) -> None:
    data = {
        "post": "yes",
        "name": "Taken over",
        "active": "on",
        "role": role_of(riverside[Account], "Viewer").pk,
    }
    before = fingerprint()

    theirs = getattr(adam, method)(reverse(f"admin:{name}", args=[riverside[model].pk]), data)
    nobodys = getattr(adam, method)(reverse(f"admin:{name}", args=[BIGGEST]), data)

    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
    assert theirs.status_code in (404, 405)
    assert fingerprint() == before


def test_what_is_no_id_is_nothing_there(adam: Client) -> None:
    for typed in ("x", "0", "-1", "1e3", "9" * 30, "9" * 5000, "٣", "1_2F", "%00"):
        answers = {
            adam.get(reverse(named(model, "changelist")) + f"{typed}/change/").status_code for model in SCOPED
        }
        assert (typed, answers) == (typed, {404})


# Choices


def foreign_keys() -> Iterator[tuple[Any, str]]:
    for model in admin.site._registry:
        for field in model._meta.get_fields():
            if field.many_to_one and field.concrete:
                yield model, field.name


@pytest.mark.parametrize("term", ["", "caro", "river", "rita", "tide"])
def test_no_autocomplete_offers_another_accounts_rows(adam: Client, term: str) -> None:
    keys = list(foreign_keys())
    assert keys
    for model, field in keys:
        asked = {
            "app_label": model._meta.app_label,
            "model_name": model._meta.model_name,
            "field_name": field,
        }
        response = adam.get(reverse("admin:autocomplete"), {**asked, "term": term})
        assert (response.status_code in (200, 403, 404), names_in(response)) == (True, set()), asked


def test_the_autocomplete_offers_the_accounts_own(adam: Client, cast: Cast) -> None:
    asked = {"app_label": "worklists", "model_name": "worklistmembership", "field_name": "user", "term": "an"}

    found = adam.get(reverse("admin:autocomplete"), asked).json()["results"]

    assert {row["id"]: row["text"] for row in found} == {
        str(cast.ana.pk): f"Ana ({cast.ana.email})",
        str(cast.nolan.pk): f"{cast.nolan.name} ({cast.nolan.email})",
    }


def test_a_role_of_another_account_is_no_choice(adam: Client, cast: Cast, riverside: dict[Any, Any]) -> None:
    membership = AccountMembership.objects.get(user=cast.ana)
    before = fingerprint()

    url = reverse(named(AccountMembership, "change"), args=[membership.pk])
    shown = adam.get(url)
    response = adam.post(url, {"role": riverside[Role].pk, "every_worklist": "on"})

    assert (names_in(shown), response.status_code) == (set(), 200)
    assert "Select a valid choice" in response.content.decode()
    assert fingerprint() == before


# The account one looks at


def test_the_account_is_chosen_among_ones_own(adam: Client, cast: Cast) -> None:
    choose = reverse("admin:choose_account")

    page = adam.get(choose)
    refused = adam.post(choose, {"account": cast.riverside.pk}, follow=True)

    assert names_in(page) == set()
    assert "You do not administer this account, or it does not exist." in refused.content.decode()
    assert CHOSEN not in adam.session


def test_an_account_in_the_session_counts_only_while_it_is_administered(adam: Client, cast: Cast) -> None:
    session = adam.session
    session[CHOSEN] = cast.riverside.pk
    session.save()

    response = adam.get(reverse("admin:accounts_role_changelist"))

    assert response.context["administered_account"] == cast.northgate
    assert names_in(response) == set()


def test_whoever_administers_two_accounts_switches_between_them(adam: Client, cast: Cast) -> None:
    join(cast.adam, cast.riverside, "Administrator")
    roles = reverse("admin:accounts_role_changelist")
    assert "Tide reader" not in adam.get(roles).content.decode()

    response = adam.post(reverse("admin:choose_account"), {"account": cast.riverside.pk, "next": roles})

    assert response["Location"] == roles
    assert "Tide reader" in adam.get(roles).content.decode()


def test_the_way_on_after_choosing_stays_on_this_site(adam: Client, cast: Cast) -> None:
    choose = reverse("admin:choose_account")

    response = adam.post(choose, {"account": cast.northgate.pk, "next": "https://elsewhere.example/"})

    assert response["Location"] == reverse("admin:index")


def test_what_one_may_no_longer_administer_is_closed_from_the_next_request(adam: Client, cast: Cast) -> None:
    assert adam.get(reverse("admin:index")).status_code == 200
    services.change_account_member(
        membership=AccountMembership.objects.get(user=cast.ben, account=cast.northgate),
        role=role_of(cast.northgate, "Administrator"),
        by=OPERATOR,
    )
    services.change_account_member(
        membership=AccountMembership.objects.get(user=cast.adam),
        role=role_of(cast.northgate, "Viewer"),
        by=OPERATOR,
    )

    assert adam.get(reverse("admin:index")).status_code == 403
    assert adam.get(reverse("admin:accounts_role_changelist")).status_code == 403


# Superusers


@pytest.fixture
def sue(cast: Cast, riverside: dict[Any, Any]) -> Client:
    client = Client()
    client.force_login(cast.sue)
    return client


def test_a_superuser_sees_every_account_and_no_study(sue: Client, cast: Cast) -> None:
    shown = sue.get(reverse("admin:accounts_role_changelist"), {"q": "Tide"})

    assert "Tide reader" in shown.content.decode()
    assert sue.get(reverse("studies:study", args=[cast.placement.uuid])).status_code == 404
    assert sue.get(reverse("studies:worklist", args=[cast.ct.uuid])).status_code == 404


def test_a_superuser_who_chose_an_account_sees_that_one(sue: Client, cast: Cast) -> None:
    sue.post(reverse("admin:choose_account"), {"account": cast.northgate.pk})
    assert "Tide reader" not in sue.get(reverse("admin:accounts_role_changelist")).content.decode()

    sue.post(reverse("admin:choose_account"), {"account": ""})
    assert "Tide reader" in sue.get(reverse("admin:accounts_role_changelist")).content.decode()


def test_on_the_whole_platform_an_account_is_chosen_before_anything_is_added(sue: Client) -> None:
    response = sue.get(reverse("admin:accounts_role_add"), follow=True)

    assert response.redirect_chain[0][0].startswith(reverse("admin:choose_account"))
    assert "Choose an account first" in response.content.decode()


# Who may come in


def test_staff_is_who_administers_an_account(cast: Cast) -> None:
    """Through every way there is to begin and to cease."""
    role = services.add_role(account=cast.northgate, name="Deputy", by=OPERATOR)
    member = AccountMembership.objects.get(user=cast.vera)

    def staff() -> bool:
        assert list(access_check.differences()) == []
        return User.objects.get(pk=cast.vera.pk).is_staff

    assert not staff()
    services.change_account_member(membership=member, role=role, by=OPERATOR)
    assert not staff()
    services.change_role(role=role, permissions=[access.ADMINISTER], by=OPERATOR)
    assert staff()
    services.deactivate_member_without_shares(membership=member, by=OPERATOR)
    assert not staff()
    services.reactivate_member(membership=member, by=OPERATOR)
    assert staff()
    services.change_role(role=role, permissions=["list_studies"], by=OPERATOR)
    assert not staff()
    services.change_role(role=role, permissions=[access.ADMINISTER], by=OPERATOR)
    join(cast.vera, cast.riverside, "Administrator")
    services.remove_member_without_shares(membership=member, by=OPERATOR)
    assert staff()
    services.remove_member_without_shares(
        membership=AccountMembership.objects.get(user=cast.vera, account=cast.riverside), by=OPERATOR
    )
    assert not staff()


def test_check_access_tells_of_staff_out_of_step(cast: Cast) -> None:
    User.objects.filter(pk=cast.vera.pk).update(is_staff=True)
    User.objects.filter(pk=cast.adam.pk).update(is_staff=False)

    assert set(access_check.differences()) == {
        f"User {cast.vera.pk} is staff, and administers nothing.",
        f"User {cast.adam.pk} is not staff, and is a superuser or administers an account.",
    }


def test_staff_alone_opens_nothing(cast: Cast, client: Client) -> None:
    User.objects.filter(pk=cast.vera.pk).update(is_staff=True)
    client.force_login(cast.vera)

    assert client.get(reverse("admin:index")).status_code == 403


def test_an_account_without_members_is_nobodys_door(cast: Cast, client: Client) -> None:
    make_account("Hill Surgery")
    client.force_login(cast.ana)

    assert client.get(reverse("admin:index")).status_code == 403


# The trail


def test_the_trail_is_the_accounts_own(adam: Client, cast: Cast) -> None:
    page = reverse("admin:audit_auditevent_changelist")

    assert names_in(adam.get(page)) == set()
    for typed in ("Caro", "rita@example.org"):
        assert adam.get(page, {"person": typed}).context["trail"].lines == []
        assert adam.get(page, {"person": typed.swapcase()}).context["trail"].lines == []


def test_the_trail_narrows_to_a_person_an_action_and_days(adam: Client, cast: Cast) -> None:
    services.add_role(account=cast.northgate, name="By Adam", by=acting(cast.adam))
    page = reverse("admin:audit_auditevent_changelist")

    by_adam = adam.get(page, {"person": "adam", "action": "account:role:add"})
    long_ago = adam.get(page, {"until": "2001-01-01"})
    wrong = adam.get(page, {"since": "31 Feb"})

    assert [line.sentence for line in by_adam.context["trail"].lines] == ["Adam added the role “By Adam”"]
    assert long_ago.context["trail"].lines == []
    assert (wrong.status_code, wrong.context["trail"]) == (400, None)


def test_the_file_holds_the_same_lines_and_is_in_the_trail_itself(adam: Client, cast: Cast) -> None:
    services.add_role(account=cast.northgate, name="=HYPERLINK", by=acting(cast.adam))

    response = adam.get(reverse("admin:audit_auditevent_csv"), {"action": "account:role:add"})
    file = b"".join(response.streaming_content).decode("utf-8-sig")

    assert "Adam added the role “=HYPERLINK”" in file
    assert [name for name in THEIRS if name in file] == []
    exported = AuditEvent.objects.filter(action="audit:trail:export", account_id=cast.northgate.pk).get()
    assert exported.detail["lines"] == len(file.splitlines()) - 1


def test_the_trail_names_the_study_and_links_to_its_trail_for_who_may_read_that(
    adam: Client, cast: Cast, client: Client
) -> None:
    look(cast.placement, cast.ana)
    page, own = (
        reverse("admin:audit_auditevent_changelist"),
        reverse("studies:trail", args=[cast.placement.uuid]),
    )

    shown = adam.get(page).content.decode()
    rows = csv_rows(adam.get(reverse("admin:audit_auditevent_csv"), {"action": "study:study:open"}))
    client.force_login(cast.sue)  # a superuser without a membership sees no study
    hers = client.get(page).content.decode()

    for text in (shown, hers):
        assert f"Study {cast.study.pk}" in text and cast.study.study_instance_uid in text
    assert f'href="{own}"' in shown and f'href="{own}"' not in hers
    [row] = rows
    assert (row["Study"], row["Study UID"]) == (str(cast.study.pk), cast.study.study_instance_uid)
    assert (row["Person"], row["Person mark"], row["Role"]) == ("Ana", f"P{cast.ana.pk}", "Radiologist")


def test_deactivating_and_reactivating_are_written_as_what_they_are(adam: Client, cast: Cast) -> None:
    membership = AccountMembership.objects.get(user=cast.ana, account=cast.northgate)
    leave_account(membership=membership.pk, by=acting(cast.adam))
    services.reactivate_member(membership=membership, by=acting(cast.adam))

    shown = adam.get(reverse("admin:audit_auditevent_changelist"), {"person": "adam"}).context["trail"].lines

    assert [(line.sentence, line.action) for line in shown[:2]] == [
        ("Adam reactivated Ana in Northgate Hospital", "Account member reactivated"),
        ("Adam deactivated Ana in Northgate Hospital", "Account member deactivated"),
    ]


def csv_rows(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_page_of_the_trail_costs_the_same_whatever_it_holds(
    adam: Client, cast: Cast, django_assert_num_queries: Any
) -> None:
    page = reverse("admin:audit_auditevent_changelist")
    adam.get(page)
    for number in range(60):
        services.add_role(account=cast.northgate, name=f"Role {number}", by=OPERATOR)
    with django_assert_num_queries(PRICE_OF_THE_TRAIL):
        first = adam.get(page)
    with django_assert_num_queries(PRICE_OF_THE_TRAIL):
        second = adam.get(page + first.context["older"])

    assert (len(first.context["trail"].lines), second.status_code) == (50, 200)


def test_no_second_log_is_kept(adam: Client, cast: Cast) -> None:
    adam.post(reverse("admin:accounts_role_add"), {"name": "Logged once"})

    assert Role.objects.filter(name="Logged once").exists()
    assert not LogEntry.objects.exists()
