"""The minimal admin: a superuser's pages, which ask the services and save nothing themselves."""

from importlib import import_module

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import AccountMembership, Role
from audit.actions import Action
from audit.models import AuditEvent
from tests.cast import Cast
from tests.factories import make_role, membership_of, role_of
from tests.fingerprint import fingerprint
from worklists import access, services
from worklists.models import Worklist

pytestmark = pytest.mark.django_db


@pytest.fixture
def sue(cast: Cast, client: Client) -> Client:
    client.force_login(cast.sue)
    return client


def change_url(row: object) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]


def test_the_checklist_has_the_labels_clinicians_know_by_area(cast: Cast, sue: Client) -> None:
    page = sue.get(change_url(role_of(cast.northgate, "Viewer"))).content.decode()
    for label in (
        "Account: Administer",
        "Studies: Share study via email",
        "Study links: View all guest links",
    ):
        assert label in page
    assert page.count('type="checkbox"') == 17
    assert page.count("checked") == 2


def test_a_superuser_ticks_a_permission_and_it_counts_at_once(cast: Cast, sue: Client) -> None:
    role = role_of(cast.northgate, "Viewer")
    answer = sue.post(change_url(role), {"name": "Viewer", "permissions": ["list_studies", "upload_study"]})
    assert answer.status_code == 302
    assert access.rights(cast.vera, cast.ct) == {"list_studies", "upload_study"}
    event = AuditEvent.objects.get(action=Action.ROLE_CHANGE, by_id=cast.sue.pk)
    assert event.detail["added"] == ["Studies: Upload"]


def test_the_platforms_role_can_be_edited_without_the_accounts_right(cast: Cast, sue: Client) -> None:
    personal = Role.objects.get(platform_key="personal")
    assert "Account: Administer" not in sue.get(change_url(personal)).content.decode()
    sue.post(change_url(personal), {"name": "Personal", "permissions": ["list_studies"]})
    assert access.rights(cast.ed, cast.ed.personal_worklist) == {"list_studies"}


def test_a_service_that_refuses_brings_the_form_again_with_its_sentence(cast: Cast, sue: Client) -> None:
    before = fingerprint()
    answer = sue.post(
        change_url(role_of(cast.northgate, "Administrator")), {"name": "Boss", "permissions": []}
    )
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "This would leave the account without an administrator." in page
    assert 'value="Boss"' in page
    assert fingerprint() == before


def test_roles_are_added_empty_and_deleted_unless_in_use(cast: Cast, sue: Client) -> None:
    sue.post(reverse("admin:accounts_role_add"), {"account": cast.northgate.pk, "name": "Night"})
    role = role_of(cast.northgate, "Night")
    assert not role.permissions.exists()

    delete = reverse("admin:accounts_role_delete", args=[role.pk])
    services.change_worklist(worklist=cast.chest, default_role=role, by=None)
    assert sue.post(delete, {"post": "yes"}).status_code == 200
    assert Role.objects.filter(pk=role.pk).exists()
    services.change_worklist(worklist=cast.chest, default_role=None, by=None)
    assert sue.post(delete, {"post": "yes"}).status_code == 302
    assert not Role.objects.filter(pk=role.pk).exists()


def test_memberships_are_added_and_changed_through_the_services(cast: Cast, sue: Client) -> None:
    viewer, radiologist = role_of(cast.northgate, "Viewer"), role_of(cast.northgate, "Radiologist")
    filled = {"account": cast.northgate.pk, "user": cast.ed.pk, "role": viewer.pk, "every_worklist": "on"}
    sue.post(reverse("admin:accounts_accountmembership_add"), filled)
    assert access.may(cast.ed, "list_studies", cast.chest)

    membership = AccountMembership.objects.get(user=cast.ed)
    sue.post(change_url(membership), {"role": radiologist.pk, "active": "on"})
    membership.refresh_from_db()
    assert (membership.role, membership.every_worklist, membership.active) == (radiologist, False, True)
    assert not access.may(cast.ed, "list_studies", cast.chest)


def test_a_member_made_inactive_leaves_and_comes_back(cast: Cast, sue: Client) -> None:
    membership = AccountMembership.objects.get(user=cast.ana)
    sue.post(change_url(membership), {"role": membership.role_id})
    assert access.rights(cast.ana, cast.ct) == frozenset()
    assert AuditEvent.objects.filter(action=Action.MEMBER_LEAVE, by_id=cast.sue.pk).exists()

    sue.post(change_url(membership), {"role": membership.role_id, "active": "on"})
    assert access.may(cast.ana, "share_study", cast.ct)


def test_a_role_of_another_account_is_refused_with_the_sentence(cast: Cast, sue: Client) -> None:
    membership = AccountMembership.objects.get(user=cast.ana)
    answer = sue.post(change_url(membership), {"role": role_of(cast.riverside, "Viewer").pk, "active": "on"})
    assert "There is no such role in this account." in answer.content.decode()


def test_worklists_are_added_and_changed_and_the_front_door_moves(cast: Cast, sue: Client) -> None:
    filled = {
        "account": cast.northgate.pk,
        "kind": "group",
        "name": "Stroke MDT",
        "share_code": "st ro ke",
        "takes_shares": "on",
    }
    sue.post(reverse("admin:worklists_worklist_add"), filled)
    worklist = Worklist.objects.get(name="Stroke MDT")
    assert (worklist.share_code, worklist.takes_shares) == ("STROKE", True)
    assert access.may(cast.adam, "list_studies", worklist)

    sue.post(change_url(worklist), {"name": "Stroke", "share_code": "stroke", "is_front_door": "on"})
    worklist.refresh_from_db()
    assert (worklist.name, worklist.is_front_door, worklist.takes_shares) == ("Stroke", True, False)
    assert not Worklist.objects.get(pk=cast.emergency.pk).is_front_door


def test_a_taken_code_brings_the_form_again(cast: Cast, sue: Client) -> None:
    answer = sue.post(
        change_url(cast.chest), {"name": "Chest Clinic", "share_code": "river side", "takes_shares": "on"}
    )
    assert "This share code is taken. Choose another." in answer.content.decode()


def test_a_new_front_door_may_be_added_where_there_is_one(cast: Cast, sue: Client) -> None:
    filled = {
        "account": cast.northgate.pk,
        "kind": "location",
        "name": "Reception",
        "share_code": "RECEPTION",
        "is_front_door": "on",
    }
    assert sue.post(reverse("admin:worklists_worklist_add"), filled).status_code == 302
    assert Worklist.objects.get(account=cast.northgate, is_front_door=True).name == "Reception"


def test_worklist_members_are_added_changed_and_removed(cast: Cast, sue: Client) -> None:
    sue.post(
        reverse("admin:worklists_worklistmembership_add"), {"worklist": cast.chest.pk, "user": cast.vera.pk}
    )
    assert access.rights(cast.vera, cast.chest) == {"list_studies", "open_study"}
    membership = membership_of(cast.vera, cast.chest)
    sue.post(change_url(membership), {"role": make_role(cast.northgate, "None").pk})
    assert access.rights(cast.vera, cast.chest) == frozenset()
    sue.post(reverse("admin:worklists_worklistmembership_delete", args=[membership.pk]), {"post": "yes"})
    assert not cast.vera.worklist_memberships.filter(worklist=cast.chest).exists()


def test_a_new_account_comes_with_its_roles(cast: Cast, sue: Client) -> None:
    sue.post(reverse("admin:accounts_account_add"), {"name": "Hill Surgery", "timezone": "Europe/Paris"})
    assert Role.objects.filter(account__name="Hill Surgery").count() == 4


def test_personal_worklists_are_not_in_the_admin(cast: Cast, sue: Client) -> None:
    assert sue.get(change_url(cast.ed.personal_worklist)).status_code == 302


READ_ONLY = ["audit_auditevent", "accounts_user"]


@pytest.mark.parametrize("name", READ_ONLY)
def test_the_audit_and_people_can_be_read_and_nothing_else(cast: Cast, sue: Client, name: str) -> None:
    services.add_role(account=cast.northgate, name="Any", by=cast.sue)
    assert sue.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert sue.get(reverse(f"admin:{name}_add")).status_code == 403
    row = {"audit_auditevent": AuditEvent.objects.first(), "accounts_user": cast.ana}[name]
    before = fingerprint(but={"audit_auditevent"})
    assert sue.get(change_url(row)).status_code == 200
    assert sue.post(change_url(row), {"name": "Other"}).status_code == 403
    assert sue.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert fingerprint(but={"audit_auditevent"}) == before


@pytest.mark.parametrize(
    "page", ["accounts_role", "accounts_accountmembership", "worklists_worklist", "audit_auditevent"]
)
def test_staff_who_are_no_superusers_see_nothing_here(cast: Cast, client: Client, page: str) -> None:
    cast.adam.is_staff = True
    cast.adam.save(update_fields=["is_staff"])
    client.force_login(cast.adam)
    assert client.get(reverse(f"admin:{page}_changelist")).status_code == 403


def test_every_list_page_costs_the_same_for_many_rows(
    cast: Cast, sue: Client, django_assert_max_num_queries
) -> None:
    for number in range(50):
        make_role(cast.northgate, f"Role {number}")
    for page in (
        "accounts_role",
        "accounts_accountmembership",
        "worklists_worklist",
        "worklists_worklistmembership",
    ):
        with django_assert_max_num_queries(9):
            sue.get(reverse(f"admin:{page}_changelist"))


def test_the_admin_shows_what_has_a_service_and_nothing_else():
    import_module(settings.ROOT_URLCONF)

    shown = {model._meta.label for model in admin.site._registry}

    assert shown == {
        "accounts.Account",
        "accounts.AccountMembership",
        "accounts.Role",
        "accounts.User",
        "audit.AuditEvent",
        "worklists.Worklist",
        "worklists.WorklistMembership",
    }
