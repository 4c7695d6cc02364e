"""The least that is valid, as plain functions; where rights matter, through the services."""

import itertools
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.core.files.storage import storages

from accounts.models import Account, AccountMembership, Role, User
from audit.actor import OPERATOR
from studies.models import FOREVER, Blob, Instance, Placement, Series, Study
from worklists import services
from worklists.models import Worklist, WorklistMembership

PASSWORD = "calm reading room"
_numbers = itertools.count(1)


def make_user(name: str = "", *, email: str | None = None, verified: bool = True, **fields: Any) -> User:
    """A person with a personal worklist (a trigger makes it) and an address they proved."""
    name = name or f"Person {next(_numbers)}"
    email = email or f"{name.lower().replace(' ', '.')}@example.org"
    user = User.objects.create_user(email, PASSWORD, name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
    return user


def make_account(name: str = "", **fields: Any) -> Account:
    """An account with its shipped roles and nobody in it."""
    return services.create_account(name=name or f"Hospital {next(_numbers)}", by=OPERATOR, **fields)


def make_location(account: Account, name: str = "", **fields: Any) -> Worklist:
    return services.add_worklist(
        account=account, kind="location", name=name or f"Location {next(_numbers)}", by=OPERATOR, **fields
    )


def make_group(account: Account, name: str = "", **fields: Any) -> Worklist:
    return services.add_worklist(
        account=account, kind="group", name=name or f"Group {next(_numbers)}", by=OPERATOR, **fields
    )


def make_role(account: Account, name: str = "", codenames: Collection[str] = ()) -> Role:
    return services.add_role(
        account=account, name=name or f"Role {next(_numbers)}", permissions=codenames, by=OPERATOR
    )


def role_of(account: Account, name: str) -> Role:
    """A role of the account by its name, such as a shipped one."""
    return Role.objects.get(account=account, name=name)


def join(
    user: User,
    account: Account,
    role: Role | str,
    worklists: Collection[Worklist] = (),
    *,
    every_worklist: bool = False,
    active: bool = True,
    own_role: Role | None = None,
) -> AccountMembership:
    """Make the user a member of the account and of these worklists, there with `own_role` where one is given."""
    if isinstance(role, str):
        role = role_of(account, role)
    membership = services.add_account_member(
        account=account, user=user, role=role, every_worklist=every_worklist, by=OPERATOR
    )
    for worklist in worklists:
        services.add_worklist_member(worklist=worklist, user=user, role=own_role, by=OPERATOR)
    return (
        membership
        if active
        else services.deactivate_member_without_shares(membership=membership, by=OPERATOR)
    )


def membership_of(user: User, worklist: Worklist) -> WorklistMembership:
    return WorklistMembership.objects.get(user=user, worklist=worklist)


def make_uid() -> str:
    return f"2.25.{uuid4().int}"


def make_study(home: Worklist, **fields: Any) -> Study:
    """A study at home, with home's placement."""
    values: dict[str, Any] = {
        "study_instance_uid": make_uid(),
        "patient_name": "Example^Patient",
        "patient_id": f"MRN{next(_numbers):06}",
        "description": "CT chest",
        "modalities": ["CT"],
    }
    study = Study.objects.create(home=home, **{**values, **fields})
    make_placement(study, home)
    return study


def make_placement(study: Study, worklist: Worklist, **fields: Any) -> Placement:
    """A bare placement; the net under the shares refuses one that is not home's and has no share."""
    times = {"visible_until": FOREVER, "internal_until": FOREVER, "exists_until": FOREVER}
    made = Placement.objects.create(study=study, worklist=worklist, **{**times, **fields})
    # The uuid is the database's doing.
    made.refresh_from_db()
    return made


def placement_of(study: Study, worklist: Worklist) -> Placement:
    return Placement.objects.select_related("study", "worklist__account", "worklist__owner").get(
        study=study, worklist=worklist
    )


def make_series(study: Study, **fields: Any) -> Series:
    values = {"series_instance_uid": make_uid(), "modality": "CT", "number": 1, "description": "Axial"}
    series = Series.objects.create(study=study, **{**values, **fields})
    Study.objects.filter(pk=study.pk).update(n_series=study.series.count())
    return series


def make_instance(series: Series, *, blob: Blob | None = None, **fields: Any) -> Instance:
    """An instance with the row of its bytes; the bytes themselves are not there."""
    blob = blob or Blob.objects.create(sha256=f"{uuid4().hex}{uuid4().hex}", size=1024)
    values = {
        "sop_instance_uid": make_uid(),
        "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2",
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
        "number": 1,
        "rows": 512,
        "columns": 512,
        "frames": 1,
    }
    instance = Instance.objects.create(series=series, study=series.study, blob=blob, **{**values, **fields})
    Series.objects.filter(pk=series.pk).update(n_instances=series.instances.count())
    Study.objects.filter(pk=series.study_id).update(n_instances=series.study.instances.count())
    return instance


def waiting_bytes() -> set[Path]:
    """The uploaded files that wait for a worker."""
    return set(Path(storages["dicom"].path("incoming")).glob("*"))
