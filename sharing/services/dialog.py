"""What the share dialog offers: methods, directories of physicians, and the names behind share codes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from accounts.services import limits
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from common.exceptions import NothingThere
from common.text import identity
from sharing import permissions, selectors, targets
from sharing.limits import MOST_STUDIES, ONE_WORKLIST, too_many_studies
from sharing.models import Method, Share
from sharing.permissions import Allowed
from sharing.selectors.directory import Hits
from sharing.selectors.history import types_emails_twice
from sharing.selectors.rules import Ruling, may_reach, ruling_for
from sharing.services.codes import record_limited
from sharing.services.previews import record_studies, visible_placements
from sharing.targets import Resolved, Target
from studies.models import Placement
from worklists import access
from worklists.events import on_account, on_worklist_with
from worklists.models import Worklist

NOT_TYPED_TWICE = gettext_noop("Type this email address a second time, in the field below it.")


class SeveralWorklists(ValidationError):
    """The studies are shared one worklist at a time; `placements` are those that are there, by worklist."""

    def __init__(self, placements: Sequence[Placement]) -> None:
        super().__init__(_(ONE_WORKLIST), code="several_worklists")
        self.placements: dict[Worklist, list[Placement]] = {}
        for placement in placements:
            self.placements.setdefault(placement.worklist, []).append(placement)


@dataclass(frozen=True)
class Offer:
    """What the dialog offers: the ticked studies that are there, and what may be used on at least one of them.

    `types_twice`: whether new emails are typed twice.
    """

    worklist: Worklist
    placements: list[Placement]
    gone: int
    by_role: frozenset[Method]
    allowed: frozenset[Allowed]
    ruling: Ruling
    types_twice: bool = False

    def may(self, method: str) -> bool:
        return any(pair.method == method and not self._ruled_out(pair) for pair in self.allowed)

    def why_not(self, method: Method) -> str:
        """The sentence for a method that is not offered: by the role, the way the studies were shared, or a rule."""
        if method not in self.by_role:
            return _(permissions.SENTENCES[method])
        ruled = [self._ruled_out(pair) for pair in self.allowed if pair.method == method]
        return ruled[0] if ruled else _(permissions.NOT_ONWARD)

    def accounts(self, method: str) -> frozenset[int]:
        """The accounts whose directory may be used for a method."""
        return frozenset(
            pair.account_id
            for pair in self.allowed
            if pair.method == method and pair.account_id is not None and not self._ruled_out(pair)
        )

    def places(self, method: Method) -> list[Worklist]:
        """The locations or groups that can be picked."""
        places = selectors.places(method, self.accounts(method), besides=self.worklist)
        return may_reach(self.ruling, places, method)

    def _ruled_out(self, pair: Allowed) -> str:
        return self.ruling.refuses_all(pair.method, pair.account_id)


@transaction.atomic
def offer(*, placements: Sequence[UUID], by: Actor) -> Offer:
    """What a share dialog for these studies offers; on a personal worklist the union over the studies.

    The dialog names the studies: that it was read is one event, written with the read.
    Raises NothingThere, PermissionDenied (may not share there at all) and ValidationError (too many;
    SeveralWorklists).
    """
    wanted = set(placements)
    if len(wanted) > MOST_STUDIES:
        raise ValidationError(too_many_studies(len(wanted)))
    ticked = visible_placements(list(wanted), by)
    worklist = ticked[0].worklist
    if any(placement.worklist_id != worklist.pk for placement in ticked):
        raise SeveralWorklists(ticked)
    rights = permissions.check_share(by, worklist)
    if worklist.is_personal:
        allowed = _allowed_on_own(by, worklist, rights, [placement.study_id for placement in ticked])
    else:
        allowed = permissions.allowed_on(worklist, rights)
    by_role = permissions.methods_by_role(worklist, rights)
    twice = Method.EMAIL in by_role and types_emails_twice(worklist, by.person)
    record_studies("share", ticked, by)
    ruling = ruling_for(worklist)
    return Offer(worklist, ticked, len(wanted) - len(ticked), by_role, allowed, ruling, twice)


def _allowed_on_own(
    by: Actor, worklist: Worklist, rights: frozenset[str], study_ids: Sequence[int]
) -> frozenset[Allowed]:
    incoming = Share.objects.carrying().filter(to_worklist=worklist, study__in=study_ids)
    return frozenset().union(*permissions.allowed_onward(by, worklist, rights, incoming).values())


def directory(*, worklist: UUID, accounts: Sequence[UUID], by: Actor) -> frozenset[int]:
    """The accounts in whose directory the person may look for physicians while sharing from a worklist.

    From their personal worklist these are the named accounts where their role has the right; of all of them those that
    the accounts' rules let be shared with. Raises NothingThere and PermissionDenied.
    """
    ticked = access.worklists_for(by, "list_studies").filter(uuid=worklist).first()
    if ticked is None:
        raise NothingThere
    rights = permissions.check_share(by, ticked)
    if Method.PHYSICIAN not in permissions.methods_by_role(ticked, rights):
        raise PermissionDenied(_(permissions.SENTENCES[Method.PHYSICIAN]))
    if ticked.account_id is not None:
        listed = frozenset({ticked.account_id})
    else:
        named, roles = selectors.accounts_by_uuid(accounts), permissions.account_methods(by)
        listed = frozenset(account for account in named if Method.PHYSICIAN in roles.get(account, ()))
    ruling = ruling_for(ticked)
    refusals = {account: ruling.refuses_all(Method.PHYSICIAN, account) for account in listed}
    if listed and all(refusals.values()):
        raise PermissionDenied(min(refusals.values()))
    return frozenset(account for account, refusal in refusals.items() if not refusal)


@transaction.atomic
def find_people(*, find: str, accounts: Collection[int], by: Actor) -> Hits | None:
    """Physicians of these accounts by a part of their name or email; None where nothing was typed.

    An event for each account whose directory was searched; it does not keep what was typed.
    """
    if not find.strip():
        return None
    hits = selectors.people_like(find, accounts, besides=by.person)
    searched = Account.objects.filter(pk__in=accounts).order_by("pk")
    record_all(
        event(Action.DIRECTORY_SEARCH, by=by, on=on_account(account, hits=len(hits.people)))
        for account in searched
    )
    return hits


@dataclass(frozen=True)
class ReadBack:
    """Each code that was looked up, with its worklist or refusal; and the codes that the limit left out."""

    answers: list[tuple[str, Resolved]]
    not_asked: list[str]

    @property
    def limited(self) -> str:
        """The sentence that says why codes were left out; empty where none was left out."""
        return _(limits.TOO_MANY_CODES) if self.not_asked else ""


def read_back(*, codes: Sequence[str], by: Actor, ticked: Worklist) -> ReadBack:
    """The worklist of each typed share code, or the sentence that refuses it. Every look-up is recorded.

    Each counts against the limit of the person and of the account first, outside the transaction.
    """
    counted = list(takewhile(lambda code: limits.may_look_up(by=by, account=ticked.account_id), codes))
    if len(counted) < len(codes):
        record_limited(by=by, worklist=ticked)
    return ReadBack(
        list(zip(counted, _looked_up(counted, by, ticked), strict=True)), list(codes[len(counted) :])
    )


def check_emails(
    *, emails: Sequence[str], by: Actor, ruling: Ruling, again: Sequence[str] | None = None
) -> list[tuple[str, str]]:
    """Each typed email with the sentence that refuses it; empty where it can be shared with, registered or not.

    `again`: what was typed the second time, where an email is typed twice.
    """
    own = targets.own_emails(by)
    ruled = targets.refused_emails([Target(Method.EMAIL, email) for email in emails], ruling)
    refusals = [(email, targets.refusal_of_email(email, own) or ruled.get(email, "")) for email in emails]
    if again is None:
        return refusals
    twice = {identity(email) for email in again}
    return [
        (email, refusal or ("" if identity(email) in twice else _(NOT_TYPED_TWICE)))
        for email, refusal in refusals
    ]


@transaction.atomic
def _looked_up(codes: Sequence[str], by: Actor, ticked: Worklist) -> list[Resolved]:
    wanted = [targets.tidy(Target(Method.CODE, code)) for code in codes]
    allowed, ruling = {Allowed(Method.CODE, None)}, ruling_for(ticked)
    recipients = targets.resolve(wanted, by=by, ticked=ticked, allowed=allowed, ruling=ruling)
    record_all(
        event(
            Action.CODE_LOOK_UP,
            by=by,
            # What was typed is not kept: it may be anything.
            on=on_worklist_with(
                ticked,
                other_worklist_id=recipient.worklist.pk if recipient.worklist is not None else None,
                other_worklist_label=recipient.label if recipient.worklist is not None else "",
            ),
            outcome="success" if recipient.worklist is not None else "failed",
        )
        for recipient in recipients
    )
    return recipients
