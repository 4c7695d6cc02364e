"""What a person may do with shares, worklist by worklist; a personal worklist launders nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import AccountMembership
from audit.actor import Actor
from sharing.graph import Graph
from sharing.models import Method, Share
from studies.models import Placement
from worklists import access
from worklists.models import Worklist
from worklists.models.worklist import WorklistQuerySet

CODENAMES = {
    Method.LOCATION: "share_study_with_locations",
    Method.GROUP: "share_study_with_groups",
    Method.PHYSICIAN: "share_study_with_users",
    Method.CODE: "share_study_by_code",
    Method.EMAIL: "share_study_by_email",
}
DIRECTORY = (Method.LOCATION, Method.GROUP, Method.PHYSICIAN)

SENTENCES = {
    Method.LOCATION: gettext_noop("Your role does not let you share with locations."),
    Method.GROUP: gettext_noop("Your role does not let you share with groups."),
    Method.PHYSICIAN: gettext_noop("Your role does not let you share with physicians."),
    Method.CODE: gettext_noop("Your role does not let you share by share code."),
    Method.EMAIL: gettext_noop("Your role does not let you share by email."),
}
NOT_ONWARD = gettext_noop(
    "You cannot share this study on in this way, because of how it was shared with you."
)

MAY_NOT_END = gettext_noop(
    "You can end a share only from the worklist it was made from, or from the original’s worklist."
)
AT_HOME = gettext_noop(
    "The original is on this worklist, so it cannot be removed. To stop others seeing it, end its shares."
)
STAYS = gettext_noop("The original is on this worklist, so it stays.")
NOT_HOMES_TO_MOVE = gettext_noop("Only the original can be moved to another worklist of its account.")
NOT_AT_HOME = gettext_noop("Only the original can be deleted. You can remove this study from your worklist.")


class Allowed(NamedTuple):
    """A method a person may use; for a directory method, with the account whose directory it is."""

    method: Method
    account_id: int | None


def check_share(by: Actor, worklist: Worklist) -> frozenset[str]:
    """The person's rights on the worklist; raises where they may not share there at all."""
    rights = by.rights(worklist)
    if not {"list_studies", "share_study"} <= rights:
        raise PermissionDenied(_("Your role on this worklist does not let you share studies."))
    return rights


def can_end(by: Actor, share: Share) -> str:
    """The sentence that says why the person may not end this share; empty where they may. See `RightsToEnd`."""
    return rights_to_end(by, [share]).refusal(share, home=share.study.home_id)


class RightsToEnd(NamedTuple):
    """The one rule of who may end a share, asked of many shares with one read of the rights.

    `may_share` and `may_list` are worklists where the person holds `share_study` and `list_studies`. They must see
    the share, and hold `share_study` where it was made from or at its study's home.
    """

    may_share: Collection[int]
    may_list: Collection[int]

    def refusal(self, share: Share, *, home: int) -> str:
        """The sentence that says why not; empty where the person may."""
        ends = {share.from_worklist_id, home}
        sees = any(worklist in self.may_list for worklist in (*ends, share.to_worklist_id))
        may_end = sees and any(worklist in self.may_share for worklist in ends)
        return "" if may_end else _(MAY_NOT_END)


def rights_to_end(by: Actor, shares: Collection[Share]) -> RightsToEnd:
    """Read for these shares (select `study` with them): one statement however many."""
    worklists = {share.from_worklist_id for share in shares} | {share.study.home_id for share in shares}
    worklists |= {share.to_worklist_id for share in shares if share.to_worklist_id is not None}
    held = {
        codename: access.worklists_for(by, codename)
        .filter(pk__in=worklists)
        .values_list("pk", Value(codename, CharField()))
        for codename in ("share_study", "list_studies")
    }
    pairs = set(held["share_study"].union(held["list_studies"]))
    return RightsToEnd(*({pk for pk, right in pairs if right == codename} for codename in held))


def check_end(by: Actor, shares: Collection[Share]) -> None:
    rights = rights_to_end(by, shares)
    for share in shares:
        if refusal := rights.refusal(share, home=share.study.home_id):
            raise PermissionDenied(refusal)


def sort_for_end(by: Actor, shares: Sequence[Share]) -> tuple[list[Share], list[Share]]:
    """Those that the person may end, and those that stay. Raises PermissionDenied where none may be ended."""
    rights = rights_to_end(by, shares)
    refusals = [(share, rights.refusal(share, home=share.study.home_id)) for share in shares]
    may = [share for share, refusal in refusals if not refusal]
    if not may:
        raise PermissionDenied(_(MAY_NOT_END))
    return may, [share for share, refusal in refusals if refusal]


def check_removal(by: Actor, placements: Collection[Placement]) -> None:
    """Whether the person may remove these studies from their worklists. Raises PermissionDenied and ValidationError."""
    if sort_for_removal(by, placements)[1]:
        raise ValidationError(_(AT_HOME))


def sort_for_removal(by: Actor, placements: Collection[Placement]) -> tuple[list[Placement], list[Placement]]:
    """Those that the person may remove from their worklists, and the originals, which stay. Raises PermissionDenied."""
    for worklist in {placement.worklist_id: placement.worklist for placement in placements}.values():
        _check_delete_right(by, worklist)
    return (
        [placement for placement in placements if not placement.is_home],
        [placement for placement in placements if placement.is_home],
    )


def check_deletion(by: Actor, placement: Placement) -> None:
    """Whether the person may delete the study there. Raises PermissionDenied."""
    _check_delete_right(by, placement.worklist)
    if not placement.is_home:
        raise PermissionDenied(_(NOT_AT_HOME))


def check_move(by: Actor, placement: Placement) -> None:
    """Whether the person may move the original away from there. Raises PermissionDenied."""
    if not placement.is_home:
        raise PermissionDenied(_(NOT_HOMES_TO_MOVE))
    if not access.may(by, "delete_study", placement.worklist):
        raise PermissionDenied(_("Your role on this worklist does not let you move studies away from it."))


def homes_for(by: Actor, placement: Placement) -> WorklistQuerySet:
    """The worklists of the same account that the person may move the original to."""
    worklists = access.worklists_for(by, "upload_study").with_names()
    same_account = worklists.filter(account=placement.worklist.account_id, owner=None)
    return same_account.exclude(pk=placement.worklist_id).order_by("name", "pk")


def _check_delete_right(by: Actor, worklist: Worklist) -> None:
    if not access.may(by, "delete_study", worklist):
        raise PermissionDenied(_("Your role on this worklist does not let you remove studies."))


def check_approve(by: Actor, worklist: Worklist) -> None:
    if not by.may("approve_study", worklist):
        raise PermissionDenied(_("Your role on this worklist does not let you approve shares."))


def check_make_link(by: Actor, worklist: Worklist, *, may_download: bool) -> None:
    """Whether the person may make or extend a guest link there; no link does more than its maker may."""
    rights = by.rights(worklist)
    if not rights.issuperset(access.GUEST_LINK_NEEDS):
        raise PermissionDenied(_("Your role on this worklist does not let you create guest links."))
    if may_download and "download_study" not in rights:
        raise PermissionDenied(
            _("Your role on this worklist does not let you download studies, so a link cannot.")
        )


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
    by: Actor, worklist: Worklist, rights: Collection[str], incoming: Iterable[Share]
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


def allowed_for(
    by: Actor,
    worklist: Worklist,
    rights: frozenset[str],
    study_ids: Sequence[int],
    graphs: dict[int, Graph] | None = None,
) -> dict[int, frozenset[Allowed]]:
    """For each study, the methods and directories that may be used."""
    if not worklist.is_personal:
        return dict.fromkeys(study_ids, allowed_on(worklist, rights))
    if graphs is None:
        incoming = list(Share.objects.carrying().filter(study__in=study_ids, to_worklist=worklist))
    else:
        # Settled a moment ago: what has not ended and is approved is live.
        incoming = [
            share
            for graph in graphs.values()
            for share in graph.shares
            if share.to_worklist_id == worklist.pk and share.approved_at is not None
        ]
    onward = allowed_onward(by, worklist, rights, incoming)
    return {study_id: onward.get(study_id, frozenset()) for study_id in study_ids}


def account_methods(by: Actor) -> dict[int, frozenset[Method]]:
    """For each account the person is active in, the methods their account role carries."""
    memberships = AccountMembership.objects.active().filter(user=by.person).select_related("account")
    methods = {}
    for membership in memberships:
        rights = access.account_rights(by, membership.account)
        if "share_study" in rights:
            methods[membership.account_id] = frozenset(
                method for method, codename in CODENAMES.items() if codename in rights
            )
    return methods
