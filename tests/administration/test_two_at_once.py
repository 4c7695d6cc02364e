"""Two administrators at the same moment: what one has just taken away, the other is told of and never shown a fault."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AccountMembership, Invitation, Role
from accounts.services.invitations import WITHDRAWN_MEANWHILE
from sharing.services import delete_worklist, leave_account, withdraw_staff_invitation
from tests.cast import Cast, acting, make_cast
from tests.factories import make_role, membership_of, role_of
from tests.fingerprint import AUDIT, fingerprint
from tests.overlap import Deed, queued
from worklists import services
from worklists.services import MembershipOffer
from worklists.services.common import NO_SUCH_ROLE

Post = tuple[str, dict[str, Any]]


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:{name}", args=args)


def passing(cast: Cast) -> Role:
    """A role nobody holds."""
    return make_role(cast.northgate, "Passing")


def role_goes(cast: Cast) -> tuple[Deed, dict[str, Post]]:
    role, viewer = passing(cast), role_of(cast.northgate, "Viewer")
    own, ct = membership_of(cast.vera, cast.ct), cast.ct
    ben = AccountMembership.objects.get(user=cast.ben, account=cast.northgate)
    settings = {"name": ct.name, "takes_shares": "on", "default_role": role.pk}
    new = {"kind": "group", "name": "Stroke MDT", "takes_shares": "on", "default_role": role.pk}
    return lambda: services.remove_role(role=role, by=acting(cast.adam)), {
        "changed": (page("accounts_role_change", role.pk), {"name": "Night", "permissions": []}),
        "copied": (page("accounts_role_copy", role.pk), {"name": "Copy"}),
        "replaced": (page("accounts_role_replace", role.pk), {"other": viewer.pk}),
        "taking another's place": (page("accounts_role_replace", viewer.pk), {"other": role.pk}),
        "deleted": (page("accounts_role_delete", role.pk), {"post": "yes"}),
        "given in the account": (page("accounts_accountmembership_change", ben.pk), {"role": role.pk}),
        "given on a worklist": (page("worklists_worklistmembership_change", own.pk), {"role": role.pk}),
        "given to who is added": (
            page("worklists_worklist_members_add", cast.chest.pk),
            {"person": str(cast.ben.uuid), "role": role.pk},
        ),
        "made a default": (page("worklists_worklist_change", ct.pk), settings),
        "a new worklist's default": (page("worklists_worklist_add"), new),
        "offered": (page("accounts_invitation_add"), {"email": "p1@example.net", "role": role.pk}),
    }


def worklist_goes(cast: Cast) -> tuple[Deed, dict[str, Post]]:
    chest = cast.chest
    settings = {"name": "Chest", "takes_shares": "on"}
    return lambda: delete_worklist(worklist=chest, by=acting(cast.adam)), {
        "changed": (page("worklists_worklist_change", chest.pk), settings),
        "deleted": (page("worklists_worklist_delete", chest.pk), {"post": "yes"}),
        "given a code": (page("worklists_worklist_code", chest.pk), {"change": "make"}),
        "given a member": (
            page("worklists_worklist_members_add", chest.pk),
            {"person": str(cast.ben.uuid)},
        ),
        "given a member by the form": (
            page("worklists_worklistmembership_add"),
            {"worklist": chest.pk, "user": cast.ben.pk},
        ),
        "offered": (
            page("accounts_invitation_add"),
            {
                "email": "p1@example.net",
                "role": role_of(cast.northgate, "Viewer").pk,
                "place-0-worklist": chest.pk,
            },
        ),
    }


def membership_goes(cast: Cast) -> tuple[Deed, dict[str, Post]]:
    own = membership_of(cast.vera, cast.ct)
    return lambda: services.remove_worklist_member(membership=own, by=acting(cast.adam)), {
        "changed": (page("worklists_worklistmembership_change", own.pk), {"role": ""}),
        "deleted": (page("worklists_worklistmembership_delete", own.pk), {"post": "yes"}),
    }


def person_goes(cast: Cast) -> tuple[Deed, dict[str, Post]]:
    ben = AccountMembership.objects.get(user=cast.ben, account=cast.northgate)
    role = {"role": role_of(cast.northgate, "Viewer").pk}
    return lambda: leave_account(membership=ben.pk, by=acting(cast.adam), remove=True), {
        "changed": (page("accounts_accountmembership_change", ben.pk), role),
        "deactivated": (page("accounts_accountmembership_deactivate", ben.pk), {}),
        "reactivated": (page("accounts_accountmembership_reactivate", ben.pk), {}),
        "deleted": (page("accounts_accountmembership_delete", ben.pk), {"post": "yes"}),
        "added to a worklist": (
            page("worklists_worklist_members_add", cast.chest.pk),
            {"person": str(cast.ben.uuid)},
        ),
    }


def invitation_goes(cast: Cast) -> tuple[Deed, dict[str, Post]]:
    offer = MembershipOffer("olga@example.net", role_of(cast.northgate, "Viewer"))
    services.invite_members(account=cast.northgate, offers=[offer], by=acting(cast.adam))
    row = Invitation.objects.get(email="olga@example.net")
    return lambda: withdraw_staff_invitation(membership=row.membership, by=acting(cast.adam)), {
        "mailed again": (page("accounts_invitation_resend", row.pk), {}),
        "given a new link": (page("accounts_invitation_new_link", row.pk), {}),
        "withdrawn": (page("accounts_invitation_withdraw", row.pk), {}),
    }


NOT_THERE = 404
DELETED = "This worklist was deleted a moment ago."
OUTSIDER = "Only a member of the account can be a member of its worklists."
CASES: list[tuple[Any, str, Any]] = [
    (role_goes, "changed", NOT_THERE),
    (role_goes, "copied", NOT_THERE),
    (role_goes, "replaced", NOT_THERE),
    (role_goes, "taking another's place", NO_SUCH_ROLE),
    (role_goes, "deleted", NOT_THERE),
    (role_goes, "given in the account", NO_SUCH_ROLE),
    (role_goes, "given on a worklist", NO_SUCH_ROLE),
    (role_goes, "given to who is added", NO_SUCH_ROLE),
    (role_goes, "made a default", NO_SUCH_ROLE),
    (role_goes, "a new worklist's default", NO_SUCH_ROLE),
    (role_goes, "offered", NO_SUCH_ROLE),
    (worklist_goes, "changed", NOT_THERE),
    (worklist_goes, "deleted", NOT_THERE),
    (worklist_goes, "given a code", DELETED),
    (worklist_goes, "given a member", DELETED),
    (worklist_goes, "given a member by the form", DELETED),
    (worklist_goes, "offered", "There is no such worklist in this account."),
    (membership_goes, "changed", NOT_THERE),
    (membership_goes, "deleted", NOT_THERE),
    (person_goes, "changed", NOT_THERE),
    (person_goes, "deactivated", NOT_THERE),
    (person_goes, "reactivated", NOT_THERE),
    (person_goes, "deleted", NOT_THERE),
    (person_goes, "added to a worklist", OUTSIDER),
    (invitation_goes, "mailed again", WITHDRAWN_MEANWHILE),
    (invitation_goes, "given a new link", WITHDRAWN_MEANWHILE),
    (invitation_goes, "withdrawn", WITHDRAWN_MEANWHILE),
]


@pytest.mark.parametrize("scene, second, expected", CASES)
def test_the_second_of_two_is_told(transactional_db: None, scene: Any, second: str, expected: Any) -> None:
    cast = make_cast()
    takes_away, posts = scene(cast)
    address, form = posts[second]
    client = Client(raise_request_exception=False)
    client.force_login(cast.adam)
    after_the_first: list[Any] = []

    def first() -> None:
        takes_away()
        after_the_first.append(fingerprint(but={AUDIT}))

    held = "SELECT FROM accounts_account WHERE id = %s FOR NO KEY UPDATE", [cast.northgate.pk]
    came_of_it, answer = queued(held, [first, lambda: client.post(address, form)])

    assert came_of_it is None
    assert outcome(client, answer) == expected
    assert fingerprint(but={AUDIT}) == after_the_first[0]


def outcome(client: Client, answer: Any) -> Any:
    """Nothing there; or the sentence, on this page or on the one that it leads to."""
    if answer.status_code in (NOT_THERE, 500):
        return answer.status_code
    shown = client.get(answer.url) if answer.status_code == 302 else answer
    said = " ".join(re.sub(r"<[^>]*>", " ", shown.content.decode()).split())
    return next((text for text in SENTENCES if text in said), said)


SENTENCES = [sentence for _, _, sentence in CASES if isinstance(sentence, str)]
