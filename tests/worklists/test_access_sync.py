"""The groups keep in step with the rows, whatever is done in whatever order."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import AccountMembership, Role, User
from audit.actor import OPERATOR
from tests.cast import Cast, acting
from tests.factories import make_account, make_location, make_role, make_user, membership_of, role_of
from worklists import access, services
from worklists.management import access_check
from worklists.models import Worklist, WorklistGroupObjectPermission, WorklistMembership, WorklistRole
from worklists.services.people import set_active

pytestmark = pytest.mark.django_db

CHOICE = (
    "list_studies",
    "open_study",
    "share_study",
    "share_study_by_email",
    "share_study_with_users",
    "edit_study",
)


def granted() -> dict[tuple[int, int], set[str]]:
    """What the groups grant, read plainly."""
    found: dict[tuple[int, int], set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ug.user_id, g.content_object_id, p.codename FROM worklists_worklistgroupobjectpermission g "
            "JOIN accounts_user_groups ug ON ug.group_id = g.group_id JOIN auth_permission p ON p.id = g.permission_id"
        )
        for user, worklist, codename in cursor.fetchall():
            found.setdefault((user, worklist), set()).add(codename)
    return found


class World(RuleBasedStateMachine):
    """Two accounts, driven through the services; beside them the same facts as dictionaries and the rules in Python."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.users = [make_user() for _ in range(4)]
        self.accounts = [make_account(), make_account()]
        self.roles = {account: [make_role(account) for _ in range(3)] for account in self.accounts}
        self.worklists = {account: [make_location(account) for _ in range(2)] for account in self.accounts}
        self.ticks: dict[Role, set[str]] = {role: set() for roles in self.roles.values() for role in roles}
        self.members: dict[tuple[User, Any], dict[str, Any]] = {}
        self.places: dict[tuple[User, Worklist], Role | None] = {}
        self.defaults: dict[Worklist, Role | None] = {}
        self.keeper = make_user(is_superuser=True, is_staff=True)
        self.dormant: set[User] = set()
        self.turn = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    # The rules of DESIGN.md section 4, once more and by hand

    def due(self) -> dict[tuple[int, int], set[str]]:
        found = {}
        for (user, account), member in self.members.items():
            for worklist in self.worklists[account]:
                if not member["active"]:
                    continue
                if (user, worklist) in self.places:
                    own, default = self.places[user, worklist], self.defaults.get(worklist)
                    role = own or default or member["role"]
                elif member["every"]:
                    role = member["role"]
                else:
                    continue
                ticks = self.ticks[role]
                rights = {
                    tick for tick in ticks if not tick.startswith("share_study_") or "share_study" in ticks
                }
                if rights:
                    found[user.pk, worklist.pk] = rights
        return found

    @invariant()
    def groups_grant_what_is_due(self) -> None:
        assert granted() == self.due()

    @invariant()
    def may_and_rights_answer_what_is_due(self) -> None:
        """Every person on every worklist; of each pair's rights `may` is asked for one, another at each step."""
        due = self.due()
        self.turn += 1
        for number, (user, worklist) in enumerate(
            (user, worklist)
            for user in self.users
            for worklists in self.worklists.values()
            for worklist in worklists
        ):
            wanted = set() if user in self.dormant else due.get((user.pk, worklist.pk), set())
            assert access.rights(acting(user), worklist) == wanted
            codename = CHOICE[(self.turn + number) % len(CHOICE)]
            assert access.may(acting(user), codename, worklist) is (codename in wanted)

    @invariant()
    def the_proof_finds_nothing(self) -> None:
        assert list(access_check.differences()) == []

    # What may happen

    @rule(data=st.data(), ticks=st.sets(st.sampled_from(CHOICE)))
    def tick(self, data: st.DataObject, ticks: set[str]) -> None:
        role = data.draw(st.sampled_from(list(self.ticks)))
        services.change_role(role=role, permissions=ticks, by=OPERATOR)
        self.ticks[role] = ticks

    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        """Until the worker has been, nobody holds more than is due, though the other role's ticks change meanwhile."""
        account = data.draw(st.sampled_from(self.accounts))
        role, other = data.draw(st.permutations(self.roles[account]))[:2]
        services.replace_role(role=role, other=other, by=OPERATOR)
        for member in self.members.values():
            member["role"] = other if member["role"] == role else member["role"]
        self.places = {place: other if own == role else own for place, own in self.places.items()}
        self.defaults = {place: other if own == role else own for place, own in self.defaults.items()}
        self.nobody_holds_more_than_is_due()
        self.ticks[other] = data.draw(st.sets(st.sampled_from(CHOICE)))
        services.change_role(role=other, permissions=self.ticks[other], by=OPERATOR)
        self.nobody_holds_more_than_is_due()
        services.carry_on_replacements()

    def nobody_holds_more_than_is_due(self) -> None:
        due = self.due()
        assert all(rights <= due.get(where, set()) for where, rights in granted().items())

    @rule(data=st.data(), every=st.booleans())
    def add_or_change_member(self, data: st.DataObject, every: bool) -> None:
        user, account = data.draw(st.sampled_from(self.users)), data.draw(st.sampled_from(self.accounts))
        role = data.draw(st.sampled_from(self.roles[account]))
        if (user, account) in self.members:
            services.change_account_member(
                membership=self._membership(user, account), role=role, every_worklist=every, by=OPERATOR
            )
            self.members[user, account] |= {"role": role, "every": every}
        else:
            services.add_account_member(
                account=account, user=user, role=role, every_worklist=every, by=OPERATOR
            )
            self.members[user, account] = {"role": role, "every": every, "active": True}

    @rule(data=st.data(), how=st.sampled_from(["deactivate", "reactivate", "remove"]))
    def come_and_go(self, data: st.DataObject, how: str) -> None:
        if not self.members:
            return
        user, account = data.draw(st.sampled_from(list(self.members)))
        membership = self._membership(user, account)
        if how == "remove":
            services.remove_member_without_shares(membership=membership, by=OPERATOR)
            del self.members[user, account]
            self.places = {
                place: role
                for place, role in self.places.items()
                if place[0] != user or place[1].account != account
            }
        elif how == "deactivate":
            services.deactivate_member_without_shares(membership=membership, by=OPERATOR)
            self.members[user, account]["active"] = False
        else:
            services.reactivate_member(membership=membership, by=OPERATOR)
            self.members[user, account]["active"] = True

    @rule(data=st.data())
    def place(self, data: st.DataObject) -> None:
        if not self.members:
            return
        user, account = data.draw(st.sampled_from(list(self.members)))
        worklist = data.draw(st.sampled_from(self.worklists[account]))
        role = data.draw(st.sampled_from([None, *self.roles[account]]))
        if (user, worklist) in self.places:
            services.change_worklist_member(membership=membership_of(user, worklist), role=role, by=OPERATOR)
        else:
            services.add_worklist_member(worklist=worklist, user=user, role=role, by=OPERATOR)
        self.places[user, worklist] = role

    @rule(data=st.data())
    def displace(self, data: st.DataObject) -> None:
        if not self.places:
            return
        user, worklist = data.draw(st.sampled_from(list(self.places)))
        services.remove_worklist_member(membership=membership_of(user, worklist), by=OPERATOR)
        del self.places[user, worklist]

    @rule(data=st.data())
    def set_default(self, data: st.DataObject) -> None:
        account = data.draw(st.sampled_from(self.accounts))
        worklist = data.draw(st.sampled_from(self.worklists[account]))
        role = data.draw(st.sampled_from([None, *self.roles[account]]))
        services.change_worklist(worklist=worklist, default_role=role, by=OPERATOR)
        self.defaults[worklist] = role

    @rule(data=st.data())
    def sleep_or_wake(self, data: st.DataObject) -> None:
        user = data.draw(st.sampled_from(self.users))
        set_active(user=user, active=user in self.dormant, by=acting(self.keeper))
        self.dormant ^= {user}

    @rule(data=st.data())
    def add_worklist(self, data: st.DataObject) -> None:
        account = data.draw(st.sampled_from(self.accounts))
        if len(self.worklists[account]) < 4:
            self.worklists[account].append(make_location(account))

    def _membership(self, user: User, account: Any) -> AccountMembership:
        return AccountMembership.objects.get(user=user, account=account)


def test_whatever_is_done_the_groups_grant_what_the_rules_say() -> None:
    run_state_machine_as_test(
        World,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


# One by one


def test_a_ticked_permission_touches_the_groups_of_that_role_alone(cast: Cast) -> None:
    role = role_of(cast.northgate, "Viewer")
    others = WorklistGroupObjectPermission.objects.exclude(group__worklist_role__role=role)
    before = set(others.values_list("pk", flat=True))
    services.change_role(role=role, permissions=["list_studies", "open_study", "download_study"], by=OPERATOR)
    assert access.may(acting(cast.vera), "download_study", cast.ct)
    assert set(others.values_list("pk", flat=True)) == before


def test_a_group_nobody_needs_is_dropped_with_its_rights(cast: Cast) -> None:
    role = role_of(cast.northgate, "Viewer")
    services.remove_worklist_member(membership=membership_of(cast.vera, cast.ct), by=OPERATOR)
    assert not WorklistRole.objects.filter(role=role).exists()
    assert not WorklistGroupObjectPermission.objects.filter(
        group__name=f"worklist {cast.ct.pk}, role {role.pk}"
    ).exists()


def test_rights_are_taken_before_any_are_given(cast: Cast) -> None:
    membership = AccountMembership.objects.get(user=cast.ana)
    with CaptureWrites() as writes:
        services.change_account_member(
            membership=membership, role=role_of(cast.northgate, "Viewer"), by=OPERATOR
        )
    on_groups = [sql for sql in writes.statements if "accounts_user_groups" in sql and "DROP" not in sql]
    kinds = ["take" if "DELETE FROM accounts_user_groups" in sql else "give" for sql in on_groups][:2]
    assert kinds == ["take", "give"]


class CaptureWrites:
    """The statements run meanwhile, in order."""

    def __enter__(self) -> "CaptureWrites":
        self.statements: list[str] = []
        self.wrapper = connection.execute_wrapper(self._keep)
        self.wrapper.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.wrapper.__exit__(*error)

    def _keep(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "DELETE FROM" in sql or "INSERT INTO" in sql:
            self.statements.append(sql)
        return execute(sql, params, many, context)


def test_sync_repairs_whatever_was_broken_by_hand(cast: Cast) -> None:
    break_by_hand(cast)
    access.sync()
    assert list(access_check.differences()) == []
    assert access.may(acting(cast.ana), "list_studies", cast.ct)


# check_access


def break_by_hand(cast: Cast) -> None:
    ana, vera = cast.ana.pk, cast.vera.pk
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_user_groups WHERE user_id = %s", [ana])
        cursor.execute(
            "INSERT INTO accounts_user_groups (user_id, group_id) "
            "SELECT %s, group_id FROM worklists_worklistrole wr JOIN accounts_role r ON r.id = wr.role_id "
            "WHERE wr.worklist_id = %s AND r.name = 'Listless'",
            [vera, cast.ct.pk],
        )


def test_check_access_is_content_with_the_cast(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_access")
    assert "No differences: every right that is granted is due" in capsys.readouterr().out


def test_check_access_names_each_difference_and_fails(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    break_by_hand(cast)
    with pytest.raises(SystemExit) as stopped:
        call_command("check_access")
    output = capsys.readouterr().out
    assert stopped.value.code == 1
    assert (
        f"User {cast.ana.pk} should have list_studies on worklist {cast.ct.pk}, but it is not granted."
        in output
    )
    assert (
        f"User {cast.vera.pk} is granted upload_study on worklist {cast.ct.pk}, but no role or membership gives it."
        in output
    )


def test_check_access_sees_rights_outside_the_mapping(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (name) VALUES ('stray') RETURNING id")
        [group] = cursor.fetchone()
        cursor.execute(
            "INSERT INTO worklists_worklistgroupobjectpermission (group_id, permission_id, content_object_id) "
            "SELECT %s, id, %s FROM auth_permission WHERE codename = 'edit_study'",
            [group, cast.ct.pk],
        )
    assert list(access_check.differences()) == [
        f"Group {group} holds the right edit_study on worklist {cast.ct.pk}, which no role gives there."
    ]


def test_check_access_sees_a_right_missing_from_a_group_and_a_group_nobody_needs(cast: Cast) -> None:
    role = role_of(cast.northgate, "Viewer")
    group = WorklistRole.objects.get(worklist=cast.ct, role=role).group_id
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM worklists_worklistgroupobjectpermission WHERE group_id = %s AND permission_id = "
            "(SELECT id FROM auth_permission WHERE codename = 'open_study')",
            [group],
        )
    WorklistMembership.objects.filter(user=cast.vera).delete()
    found = list(access_check.differences())
    assert f"Group {group} lacks the right open_study that its role has on worklist {cast.ct.pk}." in found
    assert (
        f"Group {group} is kept for role {role.pk} on worklist {cast.ct.pk}, where no one has that role."
        in found
    )
    assert (
        f"User {cast.vera.pk} is in group {group} of role {role.pk}, which they do not have there." in found
    )
