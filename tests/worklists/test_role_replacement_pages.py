"""The pages on which a role is replaced."""

import pytest
from django.test import Client

from accounts.models import Role
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from tests.administering import adam, sue
from tests.cast import Cast
from tests.factories import role_of
from tests.fingerprint import fingerprint
from tests.worklists.replacing import day, night, page, text_of
from worklists import services

__all__ = ["adam", "day", "night", "sue"]

pytestmark = pytest.mark.django_db


def test_the_page_says_what_changes_for_whom_before_it_is_done(
    adam: Client, cast: Cast, night: Role, day: Role
) -> None:
    before = fingerprint()
    answer = adam.post(page(night), {"other": day.pk, "_effect": "1"}, headers={"HX-Request": "true"})
    text = text_of(answer)
    for sentence_ in (
        "1 person, as account role",
        "1 membership of a worklist",
        "1 worklist, as the default role",
        "1 waiting invitation",
        "1 person gains on 2 worklists: Studies: Upload",
        "1 person loses on 2 worklists: Studies: Download",
    ):
        assert sentence_ in text
    whole = adam.post(page(night), {"other": day.pk, "_effect": "1"})
    assert "1 person, as account role" in text_of(whole)
    assert fingerprint() == before


def test_replaced_by_the_page_it_shows_how_far_it_is_and_then_offers_to_delete_the_old_one(
    adam: Client, cast: Cast, night: Role, day: Role
) -> None:
    answer = adam.post(page(night), {"other": day.pk}, follow=True)
    assert answer.redirect_chain == [(page(night), 302)]
    assert "“Day” is now replacing “Night”." in text_of(answer)
    assert "Giving the new role 0 of 3 Updating worklists 0 of 2" in text_of(answer)
    assert page(night, "replace_progress") in answer.content.decode()

    services.carry_on_replacements()

    progress = adam.get(page(night, "replace_progress"))
    assert "“Night” was replaced by “Day”. No one has the old role any more." in text_of(progress)
    assert page(night, "delete") in progress.content.decode()
    assert page(night, "replace_progress") not in progress.content.decode()
    assert "Replace the role “Night”" in text_of(adam.get(page(night)))


def test_while_another_is_replaced_the_page_says_which(
    adam: Client, cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=OPERATOR)
    text = text_of(adam.get(page(role_of(cast.northgate, "Viewer"))))
    assert "“Night” is being replaced by “Day” now." in text
    assert "New role" not in text


@pytest.mark.parametrize("typed", ["", "none", "999999999", "\x00"])
def test_what_is_no_role_to_choose_is_said_on_the_form(
    adam: Client, cast: Cast, night: Role, typed: str
) -> None:
    before = fingerprint()
    answer = adam.post(page(night), {"other": typed})
    assert answer.status_code == 422
    assert "New role" in text_of(answer)
    assert fingerprint() == before


def test_another_accounts_role_can_neither_be_replaced_nor_chosen(
    adam: Client, cast: Cast, night: Role
) -> None:
    theirs = role_of(cast.riverside, "Viewer")
    before = fingerprint()
    assert adam.get(page(theirs)).status_code == 404
    assert adam.post(page(theirs), {"other": night.pk}).status_code == 404
    assert adam.get(page(theirs, "replace_progress")).status_code == 404
    assert adam.post(page(night), {"other": theirs.pk}).status_code == 422
    assert fingerprint() == before


def test_what_the_administrators_role_lacks_is_said_and_refused_with_one_line(
    adam: Client, cast: Cast, night: Role, day: Role
) -> None:
    administrators = role_of(cast.northgate, "Administrator")
    less = set(administrators.permissions.values_list("codename", flat=True)) - {"upload_study"}
    services.change_role(role=administrators, permissions=less, by=OPERATOR)
    asked = adam.post(page(night), {"other": day.pk, "_effect": "1"}, headers={"HX-Request": "true"})
    assert "You cannot give “Studies: Upload”" in text_of(asked)
    n_denied = AuditEvent.objects.filter(action=Action.DENIED).count()

    answer = adam.post(page(night), {"other": day.pk})

    assert answer.status_code == 403
    assert "You cannot give “Studies: Upload”" in text_of(answer)
    assert AuditEvent.objects.filter(action=Action.DENIED).count() == n_denied + 1


def test_the_deletion_page_of_a_role_in_use_points_to_it(adam: Client, cast: Cast, night: Role) -> None:
    assert "choose Replace on the role’s page" in text_of(adam.get(page(night, "delete")))
