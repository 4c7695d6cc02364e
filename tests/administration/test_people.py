"""The people of an account in the administration: found, changed, understood, and seen off with everything said."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccountMembership, User
from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method, Share
from sharing.selectors import what_ends_by_leaving
from sharing.services import leave_account, share_studies
from sharing.targets import Target
from tests.administering import adam
from tests.cast import acting
from tests.factories import join, make_group, make_study, make_user, placement_of, role_of
from tests.fingerprint import fingerprint
from worklists import access, services
from worklists.models import WorklistMembership

__all__ = ["adam"]

pytestmark = pytest.mark.django_db


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:accounts_accountmembership_{name}", args=args)


def member(user: User) -> AccountMembership:
    return AccountMembership.objects.select_related("user", "account").get(user=user)


def text_of(response: Any) -> str:
    """What a person reads: one line, without markup."""
    without = re.sub(r"<(script|style|head).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", without).replace("&#x27;", "'").split())


# --- The list


def test_the_list_shows_the_accounts_people_and_nobody_elses(adam, cast):
    text = text_of(adam.get(page("changelist")))

    assert "Ana" in text and "ana@example.org" in text and "Radiologist" in text
    assert "Caro" not in text and "rita@example.org" not in text
    assert "Ina ina@example.org Radiologist Inactive" in text


@pytest.mark.parametrize(
    "asked", ["q=Caro", "q=rita@example.org", "user__name=Caro", "account__name=Riverside"]
)
def test_no_question_finds_somebody_of_another_account(adam, cast, asked):
    response = adam.get(f"{page('changelist')}?{asked}", follow=True)

    text = text_of(response).replace("Caro”", "")
    assert "caro@example.org" not in text and "Riverside Clinic" not in text and "Rita" not in text


def test_people_are_found_by_name_address_role_and_state(adam, cast):
    radiologist = role_of(cast.northgate, "Radiologist")

    by_name = text_of(adam.get(f"{page('changelist')}?q=ana"))
    by_role = text_of(adam.get(f"{page('changelist')}?role__id__exact={radiologist.pk}"))
    inactive = text_of(adam.get(f"{page('changelist')}?active__exact=0"))

    assert "ana@example.org" in by_name and "ben@example.org" not in by_name
    assert "ben@example.org" in by_role and "vera@example.org" not in by_role
    assert "ina@example.org" in inactive and "ana@example.org" not in inactive


def test_the_list_costs_the_same_for_many_people(adam, cast, django_assert_max_num_queries):
    for number in range(40):
        join(make_user(f"Person {number}"), cast.northgate, "Viewer")

    with django_assert_max_num_queries(18):
        adam.get(page("changelist"))


# --- One person


def test_a_persons_page_says_what_they_may_do_where_and_why(adam, cast):
    viewer = role_of(cast.northgate, "Viewer")
    services.add_worklist_member(worklist=cast.chest, user=cast.ana, role=viewer, by=acting(cast.adam))
    services.change_worklist(worklist=cast.cardiology, default_role=viewer, by=acting(cast.adam))
    services.add_worklist_member(worklist=cast.cardiology, user=cast.ana, by=acting(cast.adam))
    services.change_account_member(membership=member(cast.ana), every_worklist=True, by=acting(cast.adam))

    text = text_of(adam.get(page("change", member(cast.ana).pk)))

    assert "CT Reporting location Radiologist account role 15 permissions" in text
    assert "Chest Clinic group Viewer own role on this worklist 2 permissions" in text
    assert "Cardiology MDT group Viewer default role of this worklist 2 permissions" in text
    assert "Emergency location Radiologist account role, through “Every worklist” 15 permissions" in text
    assert "Studies: View and search studies list" in text


def test_the_rights_of_a_page_cost_the_same_for_a_few_and_for_thirty_worklists(adam, cast):
    ben = member(cast.ben)
    services.change_account_member(membership=ben, every_worklist=True, by=acting(cast.adam))
    adam.get(page("change", ben.pk))
    few = statements(lambda: adam.get(page("change", ben.pk)))
    for number in range(26):
        make_group(cast.northgate, f"Group {number:02}")

    many = statements(lambda: adam.get(page("change", ben.pk)))

    assert few == many <= 16
    assert "Next" in text_of(adam.get(page("change", ben.pk)))
    assert "Group 25" in text_of(adam.get(f"{page('change', ben.pk)}?page=2"))


def statements(call: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        call()
    return len(seen)


def test_role_and_every_worklist_are_changed_by_the_service(adam, cast):
    viewer = role_of(cast.northgate, "Viewer")

    response = adam.post(page("change", member(cast.ana).pk), {"role": viewer.pk, "every_worklist": "on"})

    assert response.status_code == 302
    assert (member(cast.ana).role, member(cast.ana).every_worklist) == (viewer, True)
    assert access.rights(acting(cast.ana), cast.emergency) == {"list_studies", "open_study"}
    assert AuditEvent.objects.filter(action=Action.MEMBER_CHANGE, by_id=cast.adam.pk).exists()


def test_name_address_and_state_of_the_user_are_not_the_administrators_to_change(adam, cast):
    sent = {
        "role": role_of(cast.northgate, "Radiologist").pk,
        "user": cast.ed.pk, "account": cast.riverside.pk, "active": "", "name": "X", "email": "x@example.org",
        "is_active": "", "password": "x",
    }  # fmt: skip
    before = User.objects.filter(pk=cast.ana.pk).values().get()

    adam.post(page("change", member(cast.ana).pk), sent)

    assert User.objects.filter(pk=cast.ana.pk).values().get() == before
    assert (member(cast.ana).account, member(cast.ana).active) == (cast.northgate, True)


def test_a_role_of_another_account_cannot_be_given(adam, cast):
    theirs = role_of(cast.riverside, "Administrator")
    before = fingerprint()

    response = adam.post(page("change", member(cast.ana).pk), {"role": theirs.pk})

    assert response.status_code == 200 and "Select a valid choice" in text_of(response)
    assert fingerprint() == before


@pytest.mark.parametrize("name", ["change", "delete", "history", "deactivate", "reactivate"])
def test_another_accounts_member_is_as_if_they_did_not_exist(adam, cast, name):
    their_page, nobodys_page = page(name, member(cast.caro).pk), page(name, 10**9)
    theirs, nobody = adam.get(their_page), adam.get(nobodys_page)
    posted = adam.post(their_page, {"post": "yes"})

    assert (theirs.status_code, nobody.status_code, posted.status_code) == (404, 404, 404)
    # The address as a whole: a key alone ("60") may stand anywhere in a page.
    their_text, nobodys_text = theirs.content.decode(), nobody.content.decode()
    assert their_text.replace(their_page, "") == nobodys_text.replace(nobodys_page, "")
    assert member(cast.caro).active


@pytest.mark.parametrize("name", ["ana", "vera", "ed"])
def test_who_administers_nothing_sees_none_of_it(client, cast, name):
    client.force_login(getattr(cast, name))

    for one in ("change", "delete", "deactivate", "reactivate"):
        assert client.get(page(one, member(cast.ben).pk)).status_code == 403
    assert client.get(page("changelist")).status_code == 403


# --- Leaving and coming back


def shared_with(cast: Any, user: User, by: User, count: int) -> list[Share]:
    made = []
    for _ in range(count):
        placement = placement_of(make_study(cast.ct), cast.ct).uuid
        report = share_studies(
            placements=[placement], targets=[Target(Method.PHYSICIAN, str(user.uuid))], by=acting(by)
        )
        made.append(report.rows[0].share)
    return made


@pytest.fixture
def onward(cast: Any) -> list[Share]:
    """Three studies shared with Ben as a physician, one of them twice, and two shared on by him."""
    shares = shared_with(cast, cast.ben, cast.ana, 3)
    placement = placement_of(shares[0].study, cast.ct).uuid
    share_studies(
        placements=[placement], targets=[Target(Method.PHYSICIAN, str(cast.ben.uuid))], by=acting(cast.adam)
    )
    for share in shares[:2]:
        own = placement_of(share.study, cast.ben.personal_worklist).uuid
        share_studies(
            placements=[own], targets=[Target(Method.GROUP, str(cast.chest.uuid))], by=acting(cast.ben)
        )
    return shares


@pytest.mark.parametrize("for_good", [False, True])
def test_what_the_page_announces_is_what_ends(adam, cast, onward, for_good):
    ben = member(cast.ben)
    announced = what_ends_by_leaving(ben)

    done = leave_account(membership=ben.pk, by=acting(cast.adam), remove=for_good)

    assert (announced.studies, announced.shares, announced.onward) == (3, 4, 2)
    assert (done.studies, done.shares, done.ended_with_them) == (3, 4, 2)
    assert [worklist.name for worklist in announced.worklists] == ["Emergency"]


def test_the_page_says_it_in_numbers_and_a_post_does_it(adam, cast, onward):
    ben = member(cast.ben)
    before = fingerprint()

    text = text_of(adam.get(page("deactivate", ben.pk)))

    assert "4 shares with them as a physician of Northgate Hospital end (3 studies)" in text
    assert "2 onward shares end too" in text
    assert "1 worklist they can no longer see: Emergency" in text
    assert "Their role and worklists are kept in case you reactivate them." in text
    assert fingerprint() == before
    response = adam.post(page("deactivate", ben.pk))
    assert response.status_code == 302
    assert not member(cast.ben).active
    assert not Share.objects.filter(method=Method.PHYSICIAN, ended_at=None).exists()


def test_deactivating_twice_does_nothing_more(adam, cast):
    ben = member(cast.ben)
    adam.post(page("deactivate", ben.pk))
    before = fingerprint()

    response = adam.post(page("deactivate", ben.pk))

    assert response.status_code == 302
    assert fingerprint() == before


def test_who_comes_back_has_the_role_and_worklists_of_before(adam, cast):
    response = adam.post(page("reactivate", member(cast.ina).pk))

    assert response.status_code == 302
    assert access.may(acting(cast.ina), "share_study", cast.ct)


def test_an_inactive_persons_page_says_what_is_kept(adam, cast):
    text = text_of(adam.get(page("change", member(cast.ina).pk)))

    assert "They have no access to this account. Their role and 1 worklist are kept" in text
    assert "They cannot see any worklist while they are inactive." in text


def test_a_removed_person_is_gone_from_the_account_and_still_a_user(adam, cast):
    text = text_of(adam.get(page("delete", member(cast.ben).pk)))
    response = adam.post(page("delete", member(cast.ben).pk), {"post": "yes"}, follow=True)

    assert (
        "Remove Ben from Northgate Hospital?" in text and "To come back, they must be invited again." in text
    )
    assert "Remove Cancel" in text and "Delete" not in text
    assert "No shares end: no one at Northgate Hospital has shared a study with them as a physician." in text
    assert "0 " not in text
    assert "Ben is no longer a member of Northgate Hospital." in text_of(response)
    assert not AccountMembership.objects.filter(user=cast.ben).exists()
    assert not WorklistMembership.objects.filter(user=cast.ben).exists()
    assert User.objects.get(pk=cast.ben.pk).is_active


@pytest.mark.parametrize("name", ["deactivate", "delete"])
def test_the_last_administrator_stays(adam, cast, name):
    before = fingerprint()

    response = adam.post(page(name, member(cast.adam).pk), {"post": "yes"}, follow=True)

    assert "This would leave the account without an administrator." in text_of(response)
    assert member(cast.adam).active
    assert fingerprint() == before


def test_the_last_administrator_keeps_a_role_that_administers(adam, cast):
    viewer = role_of(cast.northgate, "Viewer")

    response = adam.post(page("change", member(cast.adam).pk), {"role": viewer.pk, "every_worklist": "on"})

    assert "This would leave the account without an administrator." in text_of(response)
    assert member(cast.adam).role.name == "Administrator"


def test_who_takes_themselves_out_is_led_out_of_the_administration(adam, cast):
    join(make_user("Carl"), cast.northgate, "Administrator")

    response = adam.post(page("deactivate", member(cast.adam).pk))

    assert response["Location"] == "/"


def test_the_history_tells_of_this_person_alone(adam, cast):
    services.change_account_member(membership=member(cast.ana), every_worklist=True, by=acting(cast.adam))
    services.change_account_member(membership=member(cast.ben), every_worklist=True, by=acting(cast.adam))

    text = text_of(adam.get(page("history", member(cast.ana).pk)))

    assert "changed the membership of Ana" in text and "Ben" not in text
