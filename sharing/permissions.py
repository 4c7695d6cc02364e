"""What a person may do with shares, worklist by worklist; a personal worklist launders nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.core.exceptions import PermissionDenied

from accounts.models import AccountMembership, User
from sharing.models import Method, Share
from worklists import access
from worklists.models import Worklist

CODENAMES = {
    Method.LOCATION: "share_study_with_locations",
    Method.GROUP: "share_study_with_groups",
    Method.PHYSICIAN: "share_study_with_users",
    Method.CODE: "share_study_by_code",
    Method.EMAIL: "share_study_by_email",
}
DIRECTORY = (Method.LOCATION, Method.GROUP, Method.PHYSICIAN)

SENTENCES = {
    Method.LOCATION: "Your role does not let you share with locations.",
    Method.GROUP: "Your role does not let you share with groups.",
    Method.PHYSICIAN: "Your role does not let you share with physicians.",
    Method.CODE: "Your role does not let you share by share code.",
    Method.EMAIL: "Your role does not let you share by email.",
}
NOT_ONWARD = "The way this study reached you does not let you share it on like this."


class Allowed(NamedTuple):
    """A method a person may use; for a directory method, with the account whose directory it is."""

    method: Method
    account_id: int | None


def check_share(by: User, worklist: Worklist) -> frozenset[str]:
    """The person's rights on the worklist; raises where they may not share there at all."""
    rights = access.rights(by, worklist)
    if not {"list_studies", "share_study"} <= rights:
        raise PermissionDenied("Your role on this worklist does not let you share studies.")
    return rights


def check_remove(by: User, worklist: Worklist) -> None:
    if not access.may(by, "delete_study", worklist):
        raise PermissionDenied("Your role on this worklist does not let you remove studies.")


def check_approve(by: User, worklist: Worklist) -> None:
    if not access.may(by, "approve_study", worklist):
        raise PermissionDenied("Your role on this worklist does not let you approve shares.")


def methods_by_role(worklist: Worklist, rights: Collection[str]) -> frozenset[Method]:
    """The methods that these rights on the worklist carry, before any narrowing."""
    return frozenset(method for method, codename in CODENAMES.items() if codename in rights)


def allowed_on(worklist: Worklist, rights: Collection[str]) -> frozenset[Allowed]:
    """What may be used from a location or group worklist: its role's methods, its own account's directory."""
    return frozenset(
        Allowed(method, worklist.account_id if method in DIRECTORY else None)
        for method in methods_by_role(worklist, rights)
    )


def allowed_onward(
    by: User, worklist: Worklist, rights: Collection[str], incoming: Iterable[Share]
) -> dict[int, frozenset[Allowed]]:
    """For each study on a personal worklist, what its live incoming shares let the owner use.

    A share by email or code lets it on by email and code, and to the directories of the accounts where the owner's
    own role has the right; a physician share of an account only as the owner's role there allows.
    """
    mine = methods_by_role(worklist, rights)
    directories = account_methods(by)
    onward: dict[int, set[Allowed]] = defaultdict(set)
    for share in incoming:
        allowed = onward[share.study_id]
        if share.method == Method.PHYSICIAN:
            assert share.account_id is not None  # a constraint: a directory share names its account
            for method in directories.get(share.account_id, frozenset()) & mine:
                allowed.add(Allowed(method, share.account_id if method in DIRECTORY else None))
        else:
            allowed |= {Allowed(method, None) for method in (Method.CODE, Method.EMAIL) if method in mine}
            allowed |= {
                Allowed(method, account_id)
                for account_id, methods in directories.items()
                for method in methods & mine
                if method in DIRECTORY
            }
    return {study_id: frozenset(allowed) for study_id, allowed in onward.items()}


def account_methods(by: User) -> dict[int, frozenset[Method]]:
    """For each account the person is active in, the methods their account role carries."""
    memberships = AccountMembership.objects.active().filter(user=by).select_related("account")
    found = {}
    for membership in memberships:
        rights = access.account_rights(by, membership.account)
        if "share_study" in rights:
            found[membership.account_id] = frozenset(
                method for method, codename in CODENAMES.items() if codename in rights
            )
    return found
