"""The accounts, worklists and people of generated data."""

import uuid
from collections import defaultdict
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection

from accounts.models import Account, AccountMembership, Role, User
from audit.actor import OPERATOR
from cimar.demo.people import PASSWORD
from cimar.demo.scale import names
from cimar.demo.scale.lists import ScaleDirectory, ScaleMember, ScalePlace
from cimar.demo.scale.sizes import Sizes
from worklists import access
from worklists.models import Worklist, WorklistMembership
from worklists.services import create_account

DOMAIN = "scale.example"
TRUST = "Northern Hospitals Trust"
BIG = "Central reporting"
TOWNS = (
    "Ashford", "Brampton", "Calder", "Dunmere", "Eastleigh", "Fenwick", "Garston", "Harlow", "Inverley",
    "Jedburn", "Kelsall", "Langley", "Marden", "Netherby", "Oakham", "Penrith", "Quarndon", "Redmire",
    "Selby", "Thornton", "Ulverton", "Varley", "Wetherby", "Yarrow", "Alder", "Birchfield", "Coldwater",
    "Daleham", "Elmstead", "Fairlight", "Glenmoor", "Hazelbank", "Ironbridge", "Kingsmead", "Lowther",
    "Millbrook", "Newlyn", "Orchard", "Pinehurst", "Roundhay",
)  # fmt: skip
PLACES = (
    "CT reporting", "MRI", "General X-ray", "Ultrasound", "Breast screening", "Stroke unit", "Emergency", "Cardiology",
    "Oncology meeting", "Orthopaedics", "Neuroradiology", "Nuclear medicine",
)  # fmt: skip
ROLES = ("Radiologist", "Referring clinician", "Viewer", "Radiologist", "Referring clinician")
NEEDS_APPROVAL_EVERY = 20
CODE_EVERY = 3


def is_there() -> bool:
    return User.objects.filter(email__endswith=f".{DOMAIN}").exists()


def make(sizes: Sizes) -> ScaleDirectory:
    """Written by few statements; an account begins as every account does, and groups come in step once."""
    trust = create_account(name=TRUST, by=OPERATOR)
    hospitals = [create_account(name=f"{TOWNS[n]} Hospital", by=OPERATOR) for n in range(sizes.hospitals)]
    _add_worklists(trust, hospitals, sizes)
    _add_people(trust, hospitals, sizes)
    access.sync()
    return _read(trust)


def _add_worklists(trust: Account, hospitals: list[Account], sizes: Sizes) -> None:
    made = [Worklist(account=trust, kind="location", name=BIG, share_code="SCALECENTRAL", is_front_door=True)]
    for account, number in [
        (trust, sizes.trust_worklists - 1),
        *((hospital, sizes.worklists_of_a_hospital) for hospital in hospitals),
    ]:
        for n in range(number):
            name = PLACES[n % len(PLACES)] + (f" {n // len(PLACES) + 1}" if n >= len(PLACES) else "")
            worklist = Worklist(account=account, kind="group" if n % 3 == 2 else "location", name=name)
            worklist.needs_approval = n % NEEDS_APPROVAL_EVERY == 5
            if n % CODE_EVERY == 0:
                worklist.share_code, worklist.is_front_door = (
                    f"SCALE{account.pk}X{n}",
                    n == 0 and account != trust,
                )
            made.append(worklist)
    Worklist.objects.bulk_create(made)


def _add_people(trust: Account, hospitals: list[Account], sizes: Sizes) -> None:
    password = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(email=f"member.{n}@hospital.{DOMAIN}", name=names.member(n), password=password)
        for n in range(sizes.people)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    roles = {(role.account_id, role.name): role for role in Role.objects.exclude(account=None)}
    worklists: dict[int, list[Worklist]] = defaultdict(list)
    for worklist in Worklist.objects.filter(account__in=[trust, *hospitals]).order_by("pk"):
        worklists[worklist.account_id or 0].append(worklist)
    memberships, places = [], []
    for n, user in enumerate(users[: sizes.people - sizes.outsiders]):
        in_trust = n < sizes.trust_people
        account = trust if in_trust else hospitals[n % len(hospitals)]
        # One role that every member holds on every worklist, in the trust; elsewhere a few worklists each.
        name = "Radiologist" if in_trust else "Administrator" if n % 250 == 0 else ROLES[n % len(ROLES)]
        role = roles[account.pk, name]
        memberships.append(AccountMembership(user=user, account=account, role=role, every_worklist=in_trust))
        if not in_trust:
            of_account = worklists[account.pk]
            chosen = {(n // len(hospitals) + step) % len(of_account) for step in (0, 1, 5)[: 1 + n % 3]}
            places += [
                WorklistMembership(user=user, worklist=of_account[position], account=account)
                for position in sorted(chosen)
            ]
    AccountMembership.objects.bulk_create(memberships)
    WorklistMembership.objects.bulk_create(places)


def _read(trust: Account) -> ScaleDirectory:
    directory = ScaleDirectory()
    accounts: dict[int | None, str] = {account.pk: account.name for account in Account.objects.all()}
    account_of = dict(
        AccountMembership.objects.filter(user__email__endswith=f".{DOMAIN}").values_list("user", "account")
    )
    ours = set(account_of.values())
    for row in _rows(
        "SELECT w.id, w.uuid, w.kind, w.account_id, w.name, w.needs_approval, w.share_code, w.owner_id, "
        "u.name, u.email FROM worklists_worklist w LEFT JOIN accounts_user u ON u.id = w.owner_id "
        "WHERE w.account_id = ANY(%s) OR u.email LIKE %s ORDER BY w.id",
        [list(ours), f"%.{DOMAIN}"],
    ):
        pk, own_uuid, kind, account, name, needs_approval, code, owner, owner_name, email = row
        position = len(directory.places)
        label = name or owner_name
        directory.places.append(
            ScalePlace(
                pk,
                str(uuid.UUID(str(own_uuid))),
                kind,
                account,
                accounts.get(account, ""),
                label,
                needs_approval,
                owner,
            )
        )
        if owner is not None:
            home = account_of.get(owner)
            if home is not None:
                directory.people_of.setdefault(home, []).append(len(directory.members))
            directory.members.append(ScaleMember(owner, owner_name, email, home, position))
            continue
        directory.of_account.setdefault(account, []).append(position)
        if account == trust.pk and name == BIG:
            directory.big = position
        elif code is not None:
            directory.coded.append(position)
    return directory


def _rows(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
