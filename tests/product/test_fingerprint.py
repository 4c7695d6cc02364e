"""What the matrices rest on: a write is noticed, by its count as by the fingerprint."""

import pytest
from django.db import transaction

from tests.cast import Cast
from tests.fingerprint import fingerprint, rows_written
from worklists.models import Worklist

pytestmark = pytest.mark.django_db


def test_a_write_changes_both_and_a_look_neither(cast: Cast) -> None:
    before, written = fingerprint(), rows_written()

    list(Worklist.objects.all())
    looked = (fingerprint() == before, rows_written() == written)
    with transaction.atomic():
        Worklist.objects.filter(pk=cast.ct.pk).update(name="CT elsewhere")

    assert looked == (True, True)
    assert (fingerprint() == before, rows_written() == written) == (False, False)
