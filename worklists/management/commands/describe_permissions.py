"""The text of docs/permissions.md, from the code and the platform's own roles."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import Role
from worklists import permission_texts, shipped_roles
from worklists.permission_texts import PermissionText

INTRODUCTION = """\
# Permissions

Made from the code by `bin/manage describe_permissions > docs/permissions.md`; a test holds it against the code.

A role is a named set of these permissions. What a person can do with a study depends on their role on the worklist
where the study is shown: their own role there; without one, for a member of the worklist, its default role; otherwise
their account role. A person with *Every worklist* has their account role on the worklists they are not a member of.

A permission listed under another has no effect without it. Sharing also needs *View and search studies list*. A new
role has no permissions. Superusers have none of these either.
"""

ROLES = """
## The roles of a new account

An administrator can change these roles and add others. *Personal* is the role that everyone has on their personal
worklist, *Guest* is what a guest link allows; these two belong to the platform.
"""


class Command(BaseCommand):
    help = "Prints every permission, what it lets people do, and which shipped role has it, as Markdown."

    def handle(self, **options: Any) -> None:
        self.stdout.write("\n".join(describe()))


def describe() -> Iterator[str]:
    yield INTRODUCTION
    for area in permission_texts.checklist():
        yield f"## {area.name}\n"
        yield "| permission | what it lets people do | code |"
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


def rows(
    lines: Iterator[PermissionText] | tuple[PermissionText, ...] | list[PermissionText], under: str = ""
) -> Iterator[str]:
    for line in lines:
        text = line.text + (f" Has no effect without “{under}”." if under else "")
        yield f"| {line.label} | {text} | `{line.codename}` |"
        yield from rows(line.children, line.label)


def flat(lines: Iterable[PermissionText]) -> Iterator[PermissionText]:
    for line in lines:
        yield line
        yield from flat(line.children)


def shipped() -> dict[str, frozenset[str]]:
    """Role name to its ticks: the presets of an account, then the platform's own as they are now."""
    platform = {
        role.name: frozenset(permission.codename for permission in role.permissions.all())
        for role in Role.objects.filter(account=None).prefetch_related("permissions").order_by("-name")
    }
    return {**shipped_roles.SHIPPED_ROLES, **platform}
