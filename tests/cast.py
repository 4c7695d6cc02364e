"""The cast: two accounts and the people whose rights the tests are about.

Northgate Hospital has CT Reporting and Emergency (locations), Cardiology MDT and Chest Clinic (groups); Riverside
Clinic has Riverside Imaging and Riverside Orthopaedics. Each person is there for one thing; see `Cast`. The rows
are made once and kept from test to test (`tests.kept`).
"""

from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.models import Account, AccountMembership, Role, User
from audit.actor import Actor
from studies.models import Placement, Study
from tests.factories import PASSWORD, make_account, make_role, make_study, placement_of
from worklists import access
from worklists.models import Worklist, WorklistMembership
from worklists.shipped_roles import SHIPPED_ROLES

# Of a range that is kept for examples.
IP_ADDRESS = "192.0.2.20"
# Every line that the tests log is read for these: see tests/plumbing/logs.py.
PATIENTS = ("Quill^Hazel", "Ferry^Magnus")
CAN_SHARE = ("list_studies", "open_study", "share_study")
# Who may share by one method alone, all of them on CT Reporting.
SINGLE_METHODS = {
    "lois": "share_study_with_locations",
    "gus": "share_study_with_groups",
    "phil": "share_study_with_users",
    "cody": "share_study_by_code",
    "erin": "share_study_by_email",
}
PEOPLE = ("adam", "ana", *SINGLE_METHODS, "vera", "nolan", "ina", "ben", "sue", "rita", "caro", "ed")


@dataclass
class Cast:
    northgate: Account
    ct: Worklist
    emergency: Worklist
    cardiology: Worklist
    chest: Worklist

    riverside: Account
    imaging: Worklist
    orthopaedics: Worklist

    adam: User  # administrator of Northgate, with every worklist
    ana: User  # radiologist on CT Reporting, every method
    lois: User  # on CT Reporting, shares with locations alone
    gus: User  # on CT Reporting, shares with groups alone
    phil: User  # on CT Reporting, shares with physicians alone
    cody: User  # on CT Reporting, shares by code alone
    erin: User  # on CT Reporting, shares by email alone
    vera: User  # viewer on CT Reporting
    nolan: User  # on CT Reporting with a radiologist's rights but for the list
    ina: User  # radiologist on CT Reporting whose membership of Northgate is inactive
    ben: User  # radiologist on Emergency
    sue: User  # superuser, member of nothing
    rita: User  # administrator of Riverside, with every worklist
    caro: User  # radiologist on Riverside Imaging
    ed: User  # external recipient: a user without an account
    anonymous: None

    study: Study  # at home on CT Reporting
    placement: Placement
    other_study: Study  # at home on Riverside Imaging
    other_placement: Placement


# Whoever runs `import_dicom` on the server.
IMPORTER = Actor.system("upload_study")


def acting(user: User | Actor | None) -> Actor:
    """The user as who acts, at an IP address of the tests; without a user, somebody who is not signed in."""
    if isinstance(user, Actor):
        return user
    return Actor.of(user, IP_ADDRESS) if user is not None else Actor.stranger(IP_ADDRESS)


@pytest.fixture
def cast(kept_cast: Cast) -> Cast:
    return kept_cast


def make_cast() -> Cast:
    northgate, riverside = make_account("Northgate Hospital"), make_account("Riverside Clinic")
    ct = _worklist(northgate, "location", "CT Reporting", share_code="NGCT2026")
    emergency = _worklist(northgate, "location", "Emergency", share_code="NORTHGATE", is_front_door=True)
    cardiology, chest = (
        _worklist(northgate, "group", "Cardiology MDT"),
        _worklist(northgate, "group", "Chest Clinic"),
    )
    imaging = _worklist(
        riverside, "location", "Riverside Imaging", share_code="RIVERSIDE", is_front_door=True
    )
    orthopaedics = _worklist(riverside, "group", "Riverside Orthopaedics")

    people = {name: _person(name) for name in PEOPLE}
    User.objects.bulk_create(people.values())
    addresses = [
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people.values()
    ]
    EmailAddress.objects.bulk_create(addresses)

    roles = {
        name: make_role(northgate, f"Only {codename}", [*CAN_SHARE, codename])
        for name, codename in SINGLE_METHODS.items()
    }
    roles["nolan"] = make_role(northgate, "Listless", SHIPPED_ROLES["Radiologist"] - {"list_studies"})
    members = [
        ("adam", "Administrator", northgate, None),
        ("ana", "Radiologist", northgate, ct),
        *((name, roles[name].name, northgate, ct) for name in roles),
        ("vera", "Viewer", northgate, ct),
        ("ina", "Radiologist", northgate, ct),
        ("ben", "Radiologist", northgate, emergency),
        ("rita", "Administrator", riverside, None),
        ("caro", "Radiologist", riverside, imaging),
    ]
    of = {(role.account_id, role.name): role for role in Role.objects.exclude(account=None)}
    AccountMembership.objects.bulk_create(
        AccountMembership(
            user=people[name],
            account=account,
            role=of[account.pk, role],
            active=name != "ina",
            every_worklist=worklist is None,
        )
        for name, role, account, worklist in members
    )
    WorklistMembership.objects.bulk_create(
        WorklistMembership(user=people[name], worklist=worklist, account=account)
        for name, _, account, worklist in members
        if worklist is not None
    )
    access.sync()

    hazel, magnus = PATIENTS
    study = make_study(ct, patient_name=hazel, study_date="2026-11-20")
    other_study = make_study(imaging, patient_name=magnus, study_date="2026-11-21")
    return Cast(
        northgate=northgate,
        ct=ct,
        emergency=emergency,
        cardiology=cardiology,
        chest=chest,
        riverside=riverside,
        imaging=imaging,
        orthopaedics=orthopaedics,
        **people,
        anonymous=None,
        study=study,
        placement=placement_of(study, ct),
        other_study=other_study,
        other_placement=placement_of(other_study, imaging),
    )


def _worklist(account: Account, kind: str, name: str, **fields: Any) -> Worklist:
    return Worklist.objects.create(account=account, kind=kind, name=name, **fields)


def _person(name: str) -> User:
    superuser = name == "sue"
    return User(
        name=name.capitalize(),
        email=f"{name}@example.org",
        password=make_password(PASSWORD),
        is_superuser=superuser,
        is_staff=superuser,
    )
