"""A membership is agreed to: until the person accepts, no account decides about them or sees anything of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AccountMembership, Invitation, User
from accounts.selectors import demands_on
from audit import clock as the_clock
from audit.actions import Action
from audit.actor import OPERATOR, Actor
from audit.history import sentence
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing.services import claim_promises, leave_account, withdraw_staff_invitation
from tests.cast import acting
from tests.factories import PASSWORD, join, make_user, role_of
from tests.fingerprint import fingerprint
from tests.staff_invitations import ADDRESS, invite, offer, promise, register, waiting
from worklists import access, services
from worklists.models import WorklistGroupObjectPermission, WorklistMembership
from worklists.selectors.offers import offers_to
from worklists.services import MembershipOffer, accept_offer, decline_offer

pytestmark = pytest.mark.django_db


def accept(person: User, email: str = ADDRESS, **more: Any) -> bool:
    row = waiting(email)
    shown = {"invitation": row.invitation.uuid, "offered_at": row.offered_at, "by": acting(person), **more}
    return accept_offer(**shown)


def decline(person: User, email: str = ADDRESS) -> Account:
    return decline_offer(invitation=waiting(email).invitation.uuid, by=acting(person))


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def dora(cast: Any) -> User:
    return make_user("Dora Secret", email=ADDRESS)


# --- Until then


@pytest.mark.parametrize("superuser", [False, True])
def test_no_demand_of_the_account_counts_before_the_person_accepts(cast: Any, superuser: bool) -> None:
    person = make_user("Dora", email=ADDRESS, is_superuser=superuser, is_staff=superuser)
    before = demands_on(person)
    Account.objects.filter(pk=cast.northgate.pk).update(
        idle_minutes=5, second_factor_from=the_clock.now() - timedelta(days=1)
    )

    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None), every_worklist=True))

    after = demands_on(User.objects.get(pk=person.pk))
    assert (after.idle, after.factor_account) == (before.idle, before.factor_account)
    assert not AccountMembership.objects.filter(user=person).exists()
    assert not WorklistMembership.objects.filter(user=person).exists()
    assert not person.groups.exists()
    accept(person)
    assert demands_on(User.objects.get(pk=person.pk)).idle == timedelta(minutes=5)


def test_signing_in_and_proving_an_email_accept_nothing(cast: Any, dora: User, client: Client) -> None:
    invite(cast, offer(cast, ADDRESS, "Administrator", every_worklist=True))

    answer = client.post("/sign-in/login/", {"login": ADDRESS, "password": PASSWORD}, follow=True)
    claim_promises(by=acting(dora))

    assert "offers you a membership" in answer.content.decode()
    assert not AccountMembership.objects.filter(user=dora).exists()
    assert waiting().ended_at is None


def test_the_account_is_shown_the_email_alone(cast: Any, dora: User) -> None:
    """Every page of the administration where it could stand, whatever the person does short of accepting."""
    dora.last_login = the_clock.now()
    dora.save()
    admin = signed_in(cast.adam)
    shown = []

    def look() -> None:
        pk = waiting().invitation_id
        pages = (
            "/admin/accounts/invitation/", f"/admin/accounts/invitation/{pk}/change/",
            f"/admin/accounts/invitation/{pk}/history/", "/admin/accounts/accountmembership/",
            "/admin/audit/auditevent/",
        )  # fmt: skip
        for page in pages:
            answer = admin.get(page)
            assert answer.status_code == 200, page
            shown.append(answer.content.decode())

    invite(cast, offer(cast, ADDRESS, "Viewer"))
    look()
    mine = signed_in(dora)
    from accounts.tokens import make_token

    mine.get(reverse("sharing:open_invitation", args=[make_token(waiting().invitation)]))
    mine.get(reverse("sharing:memberships"))
    look()
    decline(dora)
    look()

    assert "Declined" in shown[-5] and ADDRESS in shown[-5]
    assert all("Secret" not in page for page in shown)
    events = AuditEvent.objects.filter(account_id=cast.northgate.pk)
    assert all(
        "Secret" not in f"{event.by_label}{event.detail}" and event.by_id != dora.pk for event in events
    )


def test_an_offer_does_not_disclose_who_is_registered(cast: Any, dora: User) -> None:
    make_user("Gone", email="gone@example.net", is_active=False)
    offers = [offer(cast), offer(cast, "gone@example.net"), offer(cast, "unknown@example.net")]

    seen = services.preview_invitations(account=cast.northgate, offers=offers, by=acting(cast.adam))
    done = invite(cast, *offers)

    assert len({(answer.outcome, answer.sentence) for answer in (*seen, *done)}) == 1


# --- Accepting


def test_accepting_gives_what_was_offered_once(cast: Any, dora: User) -> None:
    radiologist = role_of(cast.northgate, "Radiologist")
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, radiologist), (cast.chest, None)))

    assert accept(dora)

    member = AccountMembership.objects.get(user=dora)
    assert (member.account, member.role.name, member.active) == (cast.northgate, "Viewer", True)
    assert access.may(acting(dora), "share_study", cast.ct)
    assert access.rights(acting(dora), cast.chest) == {"list_studies", "open_study"}
    assert (waiting().outcome, waiting().invitation.accepted_by) == ("accepted", dora)
    joined = AuditEvent.objects.get(action=Action.MEMBER_ADD, by_id=dora.pk)
    assert sentence(joined) == "Dora Secret joined Northgate Hospital with the role “Viewer”"
    before = fingerprint()
    with pytest.raises(NothingThere):
        accept(dora)
    assert fingerprint() == before


def test_an_offer_that_was_changed_since_it_was_shown_is_not_accepted(cast: Any, dora: User) -> None:
    invite(cast, offer(cast, ADDRESS, "Viewer"))
    shown = waiting().offered_at
    invite(cast, offer(cast, ADDRESS, "Radiologist"))
    before = fingerprint()

    for then in (shown, None):
        with pytest.raises(ValidationError, match="changed its offer"):
            accept(dora, offered_at=then)

    assert fingerprint() == before


def test_registering_accepts_the_offer_of_its_own_invitation_alone(cast: Any) -> None:
    invite(cast, offer(cast))
    services.invite_members(
        account=cast.riverside,
        offers=[MembershipOffer(ADDRESS, role_of(cast.riverside, "Viewer"))],
        by=acting(cast.rita),
    )

    dora = register(Invitation.objects.get(account=cast.riverside))

    accounts = AccountMembership.objects.filter(user=dora).values_list("account__name", flat=True)
    assert set(accounts) == {"Riverside Clinic"}
    assert [row.account for row in offers_to(dora)] == [cast.northgate]


def test_a_promised_share_is_claimed_and_the_membership_waits_on(cast: Any) -> None:
    share = promise(cast)
    invite(cast, offer(cast))
    dora = make_user("Dora", email=ADDRESS)

    claim_promises(by=acting(dora))

    share.refresh_from_db()
    assert share.to_worklist == dora.personal_worklist
    assert waiting().ended_at is None and waiting().invitation.accepted_at is None
    assert accept(dora)


@pytest.mark.parametrize("answer", [accept, decline])
def test_an_offer_is_the_persons_own_and_ends_with_its_time(
    cast: Any, dora: User, clock: Any, answer: Any
) -> None:
    invite(cast, offer(cast))
    before = fingerprint()
    for other in (cast.ed, cast.adam):
        with pytest.raises(NothingThere):
            answer(other)
    for by in (Actor.stranger(), OPERATOR):
        with pytest.raises(PermissionDenied):
            decline_offer(invitation=waiting().invitation.uuid, by=by)
    assert fingerprint() == before
    clock.move(days=31)

    with pytest.raises(NothingThere):
        answer(dora)

    assert not offers_to(dora).exists()
    assert waiting().ended_at is None


def test_an_offer_that_was_withdrawn_is_not_accepted(cast: Any, dora: User) -> None:
    invite(cast, offer(cast))
    withdraw_staff_invitation(membership=waiting(), by=acting(cast.adam))

    with pytest.raises(NothingThere):
        accept(dora)


def test_an_offer_that_its_maker_could_no_longer_make_lapses(cast: Any, dora: User) -> None:
    invite(cast, offer(cast, ADDRESS, "Radiologist"))
    User.objects.filter(pk=cast.adam.pk).update(is_active=False)

    assert not accept(dora)

    assert waiting().outcome == "lapsed"
    assert not AccountMembership.objects.filter(user=dora).exists()
    lapsed = AuditEvent.objects.get(action=Action.MEMBER_OFFER_LAPSE)
    assert lapsed.by_id is None and lapsed.by_label == ADDRESS


def test_who_is_a_member_already_stays_what_they_are(cast: Any, dora: User) -> None:
    invite(cast, offer(cast, ADDRESS, "Administrator", every_worklist=True))
    join(dora, cast.northgate, "Viewer")

    accept(dora)

    member = AccountMembership.objects.get(user=dora)
    assert (member.role.name, member.every_worklist) == ("Viewer", False)
    assert waiting().outcome == "accepted"


# --- Declining


def test_declining_changes_nothing_for_the_person_and_can_be_offered_again(cast: Any, dora: User) -> None:
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))

    decline(dora)

    assert (waiting().outcome, waiting().role_name) == ("declined", "Viewer")
    assert not AccountMembership.objects.filter(user=dora).exists()
    declined = AuditEvent.objects.get(action=Action.MEMBER_OFFER_DECLINE)
    assert sentence(declined) == f"The membership of Northgate Hospital offered to {ADDRESS} was declined"
    invite(cast, offer(cast))
    assert accept(dora)


# --- Leaving


def test_a_person_leaves_by_themselves_and_needs_a_new_offer_to_come_back(cast: Any) -> None:
    client = signed_in(cast.vera)
    url = reverse("sharing:leave_account", args=[cast.northgate.uuid])
    before = fingerprint()

    page = client.get(url).content.decode()
    assert "worklists you can no longer see" in page or "worklist you can no longer see" in page
    assert fingerprint() == before
    answer = client.post(url, follow=True)

    assert "You have left Northgate Hospital." in answer.content.decode()
    assert not AccountMembership.objects.filter(user=cast.vera, account=cast.northgate).exists()
    assert not access.rights(acting(cast.vera), cast.ct)
    left = AuditEvent.objects.filter(action=Action.MEMBER_LEAVE).latest("pk")
    assert left.by_id == cast.vera.pk and left.account_id == cast.northgate.pk
    assert not WorklistGroupObjectPermission.objects.filter(group__user=cast.vera).exists()


def test_an_inactive_member_leaves_as_well_so_that_no_one_reactivates_them(cast: Any) -> None:
    answer = signed_in(cast.ina).post(reverse("sharing:leave_account", args=[cast.northgate.uuid]))

    assert answer.status_code == 302
    assert not AccountMembership.objects.filter(user=cast.ina).exists()


def test_the_last_administrator_stays(cast: Any) -> None:
    client = signed_in(cast.adam)
    before = fingerprint()

    answer = client.post(reverse("sharing:leave_account", args=[cast.northgate.uuid]))

    assert answer.status_code == 422
    assert "This would leave the account without an administrator." in answer.content.decode()
    assert fingerprint() == before


def test_no_one_leaves_for_another_person(cast: Any) -> None:
    membership = AccountMembership.objects.get(user=cast.vera, account=cast.northgate)

    for by in (cast.ana, cast.ed):
        with pytest.raises(PermissionDenied):
            leave_account(membership=membership.pk, by=acting(by), remove=True)
    with pytest.raises(PermissionDenied):
        leave_account(membership=membership.pk, by=acting(cast.vera))
    assert (
        signed_in(cast.ed).get(reverse("sharing:leave_account", args=[cast.northgate.uuid])).status_code
        == 404
    )


def test_a_person_may_leave_instead_of_setting_up_a_second_factor(cast: Any) -> None:
    Account.objects.filter(pk=cast.northgate.pk).update(
        second_factor_from=the_clock.now() - timedelta(days=1)
    )
    client = signed_in(cast.vera)

    assert client.get("/studies/", follow=True).redirect_chain
    assert client.get(reverse("sharing:memberships")).status_code == 200
    client.post(reverse("sharing:leave_account", args=[cast.northgate.uuid]))

    assert not AccountMembership.objects.filter(user=cast.vera).exists()


# --- The page


def test_the_page_says_what_is_offered_and_what_accepting_means(cast: Any, dora: User) -> None:
    Account.objects.filter(pk=cast.northgate.pk).update(
        idle_minutes=7, second_factor_from=the_clock.now() + timedelta(days=9)
    )
    invite(cast, offer(cast, ADDRESS, "Radiologist", (cast.ct, None)))
    client = signed_in(dora)

    page = client.get(reverse("sharing:memberships")).content.decode()

    for text in (
        "Northgate Hospital",
        "Adam",
        "Radiologist",
        cast.ct.name,
        "7 minutes",
        "second factor from",
    ):
        assert text in page
    row = waiting()
    answer = client.post(
        reverse("sharing:accept_offer", args=[row.invitation.uuid]),
        {"offered_at": row.offered_at.isoformat()},
        follow=True,
    )
    assert "You are now a member." in answer.content.decode()


@pytest.mark.parametrize(
    "typed", ["", "yesterday", "2026-13-40T99:00:00Z", "\x00", "9" * 100_000, "2026-01-01T00:00"]
)
def test_any_other_time_than_that_of_the_offer_accepts_nothing(cast: Any, dora: User, typed: str) -> None:
    invite(cast, offer(cast))
    url = reverse("sharing:accept_offer", args=[waiting().invitation.uuid])

    answer = signed_in(dora).post(url, {"offered_at": typed}, follow=True)

    assert "has changed its offer" in answer.content.decode()
    assert waiting().ended_at is None


def test_offers_cost_the_same_few_statements(
    cast: Any, dora: User, django_assert_max_num_queries: Any
) -> None:
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None), (cast.chest, None)))
    client = signed_in(dora)

    with django_assert_max_num_queries(14):
        client.get(reverse("sharing:memberships"))


def test_the_link_of_the_mail_leads_a_registered_person_to_the_offer(
    cast: Any, dora: User, client: Client
) -> None:
    from accounts.tokens import make_token

    invite(cast, offer(cast))
    link = reverse("sharing:open_invitation", args=[make_token(waiting().invitation)])

    client.get(link)
    to_sign_in = client.get(reverse("sharing:register"))
    assert to_sign_in["Location"] == f"{reverse('account_login')}?next={reverse('sharing:memberships')}"
    client.force_login(dora)
    client.get(link)
    assert client.get(reverse("sharing:register"))["Location"] == reverse("sharing:memberships")
