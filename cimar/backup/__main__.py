"""python -m cimar.backup make|restore|verify|list FOLDER: what bin/backup and bin/restore run."""

import argparse
import os
import signal
import sys
from pathlib import Path

import django
from botocore.exceptions import BotoCoreError, ClientError
from django.core.exceptions import ImproperlyConfigured

from cimar.installation import Problem


def main() -> int:
    given = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimar.settings")
    os.environ["CIMAR_DATABASE_ROLE"] = "owner"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    path = Path(os.environ.get("CIMAR_CALLED_FROM") or Path.cwd(), given.folder)
    try:
        django.setup()
        return _run(given, path)
    except Problem as problem:
        print(f"cimar: {problem}", file=sys.stderr)
    except ImproperlyConfigured as error:
        print(f"cimar: {error}", file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"cimar: the bucket gave an unexpected answer: {type(error).__name__}", file=sys.stderr)
    except OSError as error:
        # A full disk, or a folder that was removed.
        print(f"cimar: {error.strerror or type(error).__name__}: {error.filename or path}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped. Start the command again: files that were copied are kept.", file=sys.stderr)
        return 130
    return 1


def _run(given: argparse.Namespace, path: Path) -> int:
    from cimar.backup import folder, make, restore

    if given.command == "make":
        return make.backup(path, keep=given.keep)
    if given.command == "restore":
        return restore.restore(path, name=given.backup, sizes_only=given.sizes_only)
    kept = folder.BackupFolder(path)
    kept.open_to_read()
    if given.command == "list":
        for name in kept.names():
            manifest = folder.Manifest.read(kept.backups / name)
            print(f"{name}  {manifest.files:,} files, {len(manifest.missing):,} missing")
        return 0
    manifest = restore.verified(kept, kept.chosen(given.backup))
    print(f"Backup {manifest.name} is complete: the checksums of all {manifest.files:,} files match.")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/backup, bin/restore", description="Back up and restore. See docs/operations.md."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="back up the database and the images into FOLDER")
    restore = commands.add_parser(
        "restore", help="restore a backup into an empty database and an empty storage"
    )
    verify = commands.add_parser("verify", help="read a backup and compare every checksum")
    listed = commands.add_parser("list", help="name the backups in FOLDER")
    for command in (make, restore, verify, listed):
        command.add_argument("folder", metavar="FOLDER", type=Path)
    make.add_argument("--keep", type=_positive, metavar="N", help="afterwards keep only the newest N backups")
    for command in (restore, verify):
        command.add_argument("--backup", metavar="NAME", help="an older backup; otherwise the newest")
    restore.add_argument(
        "--sizes-only",
        action="store_true",
        help="verify files by their size beforehand; each file is still read and compared when it is restored",
    )
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("keep at least one backup")
    return number


if __name__ == "__main__":
    sys.exit(main())
