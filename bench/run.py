"""Measures some rows in a process of its own, on one database: python -m bench.run GROUP; a row a line, as JSON."""

import gc
import importlib
import os
import sys

import django

from bench.profile import Profile
from bench.scene import Scene


def main(group: str, *flags: str) -> None:
    django.setup()
    importlib.import_module("cimar.urls")
    # As cimar/wsgi.py does.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    profile = Profile(os.environ["CIMAR_PROFILE"])
    scene = Scene(profile, os.environ["CIMAR_DATABASE_NAME"], quick="--quick" in flags)
    scene.files = next((int(flag.partition("=")[2]) for flag in flags if flag.startswith("--files=")), 0)
    for row in importlib.import_module(f"bench.rows.{group}").rows(scene):
        sys.stdout.write(row.dumped() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
