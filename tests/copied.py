"""Rows and files that many committing tests begin with, made once and then copied back for each test.

For rows that `tests.kept` cannot keep, since other connections have to see them.
"""

import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.db import connection, connections

from tests.plumbing import database

T = TypeVar("T")


@dataclass
class Copy:
    database: str
    files: Path
    objects: bytes


_copies: dict[str, Copy] = {}


def begin_with(name: str, make: Callable[[], T], request: pytest.FixtureRequest) -> T:
    """The result of `make`, with the rows and files that belong to the result; nothing may have been written before."""
    if "clock" in request.fixturenames:
        # It is a setting of the database, and would go with it.
        return make()
    if name in _copies:
        return _copied_back(_copies[name])
    # Files of tests before, whose rows are gone.
    shutil.rmtree(_stored(), ignore_errors=True)
    made = make()
    _copies[name] = _copied(name, made)
    return made


def _copied(name: str, made: object) -> Copy:
    files = Path(settings.CIMAR_DATA) / f"copied-{name}"
    shutil.copytree(_stored(), files, dirs_exist_ok=True)
    connections.close_all()
    return Copy(database.copy_aside(connection.settings_dict["NAME"], name), files, pickle.dumps(made))


def _copied_back(copy: Copy) -> object:
    connections.close_all()
    database.create(connection.settings_dict["NAME"], copy.database)
    shutil.copytree(copy.files, _stored(), dirs_exist_ok=True)
    return pickle.loads(copy.objects)


def _stored() -> Path:
    return Path(storages["dicom"].location)
