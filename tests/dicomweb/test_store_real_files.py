"""What real senders store: every real file comes out as it went in or is refused by name, and two senders at once."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from audit.actor import OPERATOR
from studies.dicomweb.store_answers import COMMENT, FAILED, OTHER_FAILED, RETRIEVE_URL, STORED
from studies.models import Instance
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting, make_cast
from tests.days import day_of
from tests.dicomweb.asking import body_of, client_of
from tests.dicomweb.real_files import real_files
from tests.dicomweb.storing import bearer, listed, message, post, sender_of, store
from tests.dicomweb.test_token_access import HIDDEN, OK, UNKNOWN
from tests.factories import role_of
from tests.studies.test_ingest_together import at_once
from tests.studies.test_token_doors import (
    ended_by_the_administrator,
    expired,
    left_the_account,
    left_the_worklist,
    make,
    nothing,
    owner_inactive,
    revoked,
)
from worklists import services

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.usefixtures("dicom_storage")
DENIED = 403


@pytest.mark.django_db
def test_every_real_file_comes_out_as_it_went_in_or_is_refused_by_name(cast: Cast) -> None:
    ana = client_of(cast.ana)
    names = real_files()
    secret = sender_of(cast)
    stored, failed, different = 0, 0, []
    assert names

    for name in names:
        data = Path(name).read_bytes()
        answer = post(Client(), cast.ct, message([data]), headers=bearer(secret))
        items = listed(answer, STORED)
        if not items:
            [reason] = listed(answer, FAILED) + listed(answer, OTHER_FAILED)
            assert answer.status_code == 409
            assert reason[COMMENT], name
            failed += 1
            continue
        stored += 1
        back = ana.get(items[0][RETRIEVE_URL], headers={"Accept": "application/dicom; transfer-syntax=*"})
        different += [] if body_of(back) == data else [name]

    assert different == []
    assert stored > 80
    assert stored + failed == len(names)


def not_a_storing_token(cast: Cast, made: Any, clock: Any) -> None:
    made.token.__class__.objects.filter(pk=made.token.pk).update(may_store=False)


def lost_the_upload(cast: Cast, made: Any, clock: Any) -> None:
    role = role_of(cast.northgate, "Radiologist")
    kept = set(role.permissions.values_list("codename", flat=True)) - {"upload_study"}
    services.change_role(role=role, permissions=kept, by=OPERATOR)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("happens", "status"),
    [
        (nothing, OK),
        (revoked, UNKNOWN),
        (ended_by_the_administrator, UNKNOWN),
        (expired, UNKNOWN),
        (owner_inactive, UNKNOWN),
        (left_the_worklist, HIDDEN),
        (left_the_account, HIDDEN),
        (lost_the_upload, DENIED),
        (not_a_storing_token, DENIED),
    ],
)
def test_a_token_stores_what_its_owner_may_store_now(
    cast: Cast, clock: Any, happens: Any, status: int
) -> None:
    made = make(cast.ana, cast.ct, may_store=True)
    happens(cast, made, clock)
    before = Instance.objects.count()

    # Who is signed in beside it adds nothing.
    answers = [
        store(client, cast.ct, sound(), headers=bearer(made.secret))
        for client in (Client(), client_of(cast.ana))
    ]

    assert [answer.status_code for answer in answers] == [status, status]
    assert Instance.objects.count() == before + (2 if status == OK else 0)


@pytest.mark.django_db
def test_another_persons_and_another_worklists_token_store_nothing(cast: Cast) -> None:
    theirs = make(cast.caro, cast.imaging, may_store=True)
    narrowed = make(cast.ana, cast.ana.personal_worklist)
    viewers = make(cast.vera, cast.ct)

    statuses = [
        store(Client(), cast.ct, sound(), headers=bearer(made.secret)).status_code
        for made in (theirs, narrowed, viewers)
    ]

    assert statuses == [HIDDEN, HIDDEN, DENIED]


@pytest.mark.django_db
def test_an_ended_sender_and_an_expired_sender_store_nothing(cast: Cast, clock: Any) -> None:
    ended, over = (
        services.add_sender(
            account=cast.northgate, worklist=cast.ct, name=name, last_day=day_of(), by=acting(cast.adam)
        )
        for name in ("PACS", "Gateway")
    )
    services.end_sender(sender=ended.sender.uuid, account=cast.northgate, by=acting(cast.adam))
    clock.move(days=2)

    statuses = [
        store(Client(), cast.ct, sound(), headers=bearer(made.secret)).status_code for made in (ended, over)
    ]

    assert statuses == [UNKNOWN, UNKNOWN]


@pytest.mark.django_db(transaction=True)
def test_two_stores_of_the_same_instances_at_once_both_succeed() -> None:
    cast = make_cast()
    secret = sender_of(cast)
    for number in range(3):
        study = f"2.25.9{number}"
        files = [sound(StudyInstanceUID=study, SOPInstanceUID=f"{study}.{each}") for each in range(6)]

        first, second = at_once(
            *(
                (lambda order=order: store(Client(), cast.ct, *order, headers=bearer(secret)))
                for order in (files, files[::-1])
            )
        )

        assert [first.status_code, second.status_code] == [200, 200]
        assert len(listed(first, STORED)) == len(listed(second, STORED)) == 6
        assert Instance.objects.filter(study__study_instance_uid=study).count() == 6
