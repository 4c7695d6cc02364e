"""The demo's accounts, worklists and people as rows, read or added."""

from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import Account, Role, User
from accounts.services.people import add_user
from audit.actor import OPERATOR, Actor
from cimar.demo.people import PASSWORD, PEOPLE, Membership, Person
from cimar.demo.places import ACCOUNTS, DemoAccount
from cimar.demo.shares import PERSONAL
from cimar.demo.studies import DemoStudy
from sharing.services import leave_account
from worklists import services
from worklists.models import NoticeEvent, NoticeTime, Worklist


@dataclass
class Loaded:
    """How many of each were added, and a sentence for each thing that could not be."""

    accounts: int = 0
    worklists: int = 0
    people: int = 0
    studies: int = 0
    previews: int = 0
    presses: int = 0
    troubles: list[str] = field(default_factory=list)


class Changed(Exception):
    """What the demo means was renamed or removed since it was loaded."""


class DemoDirectory:
    """The rows by the names that the demo's data calls them. Raises Changed."""

    def __init__(self) -> None:
        known = User.objects.filter(email__in=[person.email for person in PEOPLE])
        self.people = {user.email: user for user in known.select_related("personal_worklist")}
        ours = Worklist.objects.filter(account__name__in=[account.name for account in ACCOUNTS])
        self._places: dict[tuple[str, str], Worklist] = {}
        for worklist in ours.select_related("account"):
            self._keep(worklist)
        self._roles: dict[tuple[int, str], Role] = {}

    @property
    def is_empty(self) -> bool:
        """No person of the demo is here: it was never loaded."""
        return not self.people

    def place(self, by: str, name: str) -> Worklist:
        """The worklist of this name in an account the person belongs to; without a name their personal one."""
        if name == PERSONAL:
            return self.people[by].personal_worklist
        for membership in _person(by).memberships:
            if worklist := self._places.get((membership.account, name)):
                return worklist
        raise Changed

    def home(self, study: DemoStudy) -> Worklist:
        return self.place(study.uploaded_by, study.home)

    def by_code(self, code: str) -> Worklist:
        for worklist in self._places.values():
            if worklist.share_code == code:
                return worklist
        raise Changed

    @transaction.atomic
    def fill(self, done: Loaded) -> None:
        """Every account, worklist and person of the demo."""
        accounts = {wanted.name: self._add_account(wanted) for wanted in ACCOUNTS}
        for person in PEOPLE:
            self._add_person(person, accounts)
        # One hash for all of them: forty would take a quarter of a minute.
        User.objects.filter(email__in=self.people).update(password=make_password(PASSWORD))
        done.accounts, done.worklists, done.people = len(accounts), len(self._places), len(self.people)

    def _add_account(self, wanted: DemoAccount) -> Account:
        account = services.create_account(name=wanted.name, by=OPERATOR)
        account = services.confirm_account(
            account=account, domain=wanted.domain, town=wanted.town, by=OPERATOR
        )
        for name, codenames in wanted.roles.items():
            services.add_role(account=account, name=name, permissions=codenames, by=OPERATOR)
        self._roles |= {(account.pk, role.name): role for role in Role.objects.filter(account=account)}
        for place in wanted.places:
            made = services.add_worklist(
                account=account,
                kind=place.kind,
                name=place.name,
                description=place.description,
                share_code=place.code or None,
                is_front_door=place.front_door,
                default_role=self._roles.get((account.pk, place.default_role)),
                takes_shares=place.takes_shares,
                needs_approval=place.needs_approval,
                by=OPERATOR,
            )
            self._keep(made)
            if place.inbox:
                services.set_inbox(worklist=made, inbox=self._places[account.name, place.inbox], by=OPERATOR)
        return account

    def _add_person(self, person: Person, accounts: dict[str, Account]) -> None:
        user = add_user(
            email=person.email,
            name=person.name,
            password=None,
            by=OPERATOR,
            is_superuser=person.superuser,
            is_staff=person.superuser,
        )
        self.people[person.email] = user
        for membership in person.memberships:
            self._join(user, membership, accounts[membership.account])
        for name in person.mail:
            services.choose_notices(
                worklist=self.place(person.email, name),
                times={NoticeEvent.SHARED_HERE: NoticeTime.NOW},
                by=Actor.of(user),
            )

    def _join(self, user: User, membership: Membership, account: Account) -> None:
        joined = services.add_account_member(  # allowed: the demo's people are not asked
            account=account,
            user=user,
            role=self._roles[account.pk, membership.role],
            every_worklist=membership.every_worklist,
            by=OPERATOR,
        )
        for where in membership.worklists:
            name, role = (where, "") if isinstance(where, str) else where
            services.add_worklist_member(
                worklist=self._places[account.name, name],
                user=user,
                role=self._roles[account.pk, role] if role else None,
                by=OPERATOR,
            )
        if membership.has_left:
            leave_account(membership=joined.pk, by=OPERATOR)

    def _keep(self, worklist: Worklist) -> None:
        assert worklist.account is not None  # a location or group
        self._places[worklist.account.name, worklist.name] = worklist


def _person(email: str) -> Person:
    return next(person for person in PEOPLE if person.email == email)
