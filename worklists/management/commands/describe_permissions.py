"""What docs/permissions.md holds, from the code and the platform's own roles."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import Role
from worklists import permission_texts, shipped_roles
from worklists.permission_texts import Line

INTRODUCTION = """\
# Permissions

Made from the code by `bin/manage describe_permissions > docs/permissions.md`; a test holds it against the code.

A role is a named set of these permissions. What somebody may do with a study follows from their role on the worklist
where it stands: the role of their own there; else, for a member of the worklist, its default role; else their role in
the account. Somebody with *every worklist* has the role in the account wherever they have none of their own.

A permission that stands under another one counts only together with it. Sharing needs *View and search studies list* as
well. A new role starts empty. Being a superuser gives none of these.
"""

ROLES = """
## The roles an account begins with

They are rows from then on: an administrator edits them, and adds others. *Personal* is what everybody has on their own
worklist, *Guest* what a guest link allows; these two belong to the platform.
"""


class Command(BaseCommand):
    help = "Prints every permission, what it lets people do, and which shipped role has it, as Markdown."

    def handle(self, **options: Any) -> None:
        self.stdout.write("\n".join(describe()))


def describe() -> Iterator[str]:
    yield INTRODUCTION
    for area in permission_texts.checklist():
        yield f"## {area.name}\n"
        yield "| permission | lets somebody | code |"
        yield "|---|---|---|"
        yield from rows(area.lines)
        yield ""
    yield ROLES
    has = shipped()
    yield f"| | {' | '.join(has)} |"
    yield f"|---|{'---|' * len(has)}"
    for area in permission_texts.checklist():
        for line in flat(area.lines):
            ticks = " | ".join("yes" if line.codename in ticked else "" for ticked in has.values())
            yield f"| {line.label} | {ticks} |"


def rows(lines: Iterator[Line] | tuple[Line, ...] | list[Line], under: str = "") -> Iterator[str]:
    for line in lines:
        text = line.text + (f" Counts only with “{under}”." if under else "")
        yield f"| {line.label} | {text} | `{line.codename}` |"
        yield from rows(line.children, line.label)


def flat(lines: tuple[Line, ...] | list[Line]) -> Iterator[Line]:
    for line in lines:
        yield line
        yield from flat(line.children)


def shipped() -> dict[str, frozenset[str]]:
    """Role name to its ticks: the presets of an account, then the platform's own as they stand."""
    platform = {
        role.name: frozenset(one.codename for one in role.permissions.all())
        for role in Role.objects.filter(account=None).prefetch_related("permissions").order_by("-name")
    }
    return {**shipped_roles.SHIPPED_ROLES, **platform}
