#!/usr/bin/env python
"""Django's commands. Those that change the schema run as the owner of the database, all others as the application."""

import os
import sys

OWNER_COMMANDS = {"prepare", "migrate", "createcachetable", "flush", "sqlflush", "dbshell"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimar.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["CIMAR_DATABASE_ROLE"] = "owner"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
