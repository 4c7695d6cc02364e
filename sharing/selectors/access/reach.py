"""How far one reader may know where a study went."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from accounts.models import Invitation, User
from audit.actor import Actor
from sharing.graph import Graph, load_graphs
from sharing.models import Method, Share
from sharing.permissions import RightsToEnd
from sharing.selectors.access.ways import Ways
from sharing.selectors.directory import accounts_of
from sharing.selectors.invitations import invitations_of
from sharing.selectors.shares import worklist_ids
from studies.models import Placement
from worklists.models import Worklist

OnwardShare = tuple[Share, int]


class Reach:
    """One study's live shares, and which of the worklists they reach are one reader's to know."""

    def __init__(self, placement: Placement, by: Actor, now: datetime) -> None:
        self.by, self.now = by, now
        self.graph: Graph = load_graphs([placement.study_id])[placement.study_id]
        self.live = [share for share in self.graph.shares if self.graph.is_live(share, now)]
        self.home, self.start = self.graph.study.home_id, placement.worklist_id
        self.accounts = accounts_of(by.person)
        ids = {self.home, self.start} | {share.from_worklist_id for share in self.live}
        ids |= {share.to_worklist_id for share in self.live if share.to_worklist_id is not None}
        self.worklists = Worklist.objects.with_few_accounts().in_bulk(ids)
        # A reader at an internal placement of home's own account may know as much as a reader at home.
        own = self.worklists[self.start].account_id
        inside = own is not None and own == self.worklists[self.home].account_id
        self.knows_all = placement.is_home or (inside and placement.internal_until > now)
        self.people = dict(
            User.objects.filter(pk__in={share.shared_by_id for share in self.live}).values_list("pk", "name")
        )
        invitations = {share.invitation_id for share in self.live if share.invitation_id is not None}
        self.invitations = Invitation.objects.in_bulk(invitations) if invitations else {}
        self.mine = (
            set(invitations_of(by).filter(pk__in=invitations).values_list("pk", flat=True))
            if invitations
            else set()
        )
        self.rights_to_end = RightsToEnd(worklist_ids(by, "share_study"), worklist_ids(by, "list_studies"))
        self.onward: dict[int, list[Share]] = defaultdict(list)
        for share in self.live:
            self.onward[share.from_worklist_id].append(share)
        emailed = {share.to_worklist_id for share in self.live if share.method == Method.EMAIL}
        # A person who shares something with the reader discloses from where.
        self.givers = {share.from_worklist_id for share in self.live if share.to_worklist_id == self.start}
        self.colleagues = self._colleagues(emailed)
        self._sort_out()

    def _colleagues(self, emailed: Collection[int | None]) -> set[int]:
        """Of the people shared to by email, those whose name the reader's own directory holds anyway."""
        targets = [self.worklists[pk] for pk in emailed if pk is not None]
        owners = {worklist.owner_id for worklist in targets if worklist.owner_id is not None}
        if not owners:
            return set()
        members = User.objects.filter(
            pk__in=owners, account_memberships__active=True, account_memberships__account__in=self.accounts
        )
        return set(members.values_list("pk", flat=True))

    def _near(self, worklist: Worklist) -> bool:
        """The reader's own, or of an account the reader belongs to."""
        return worklist.owner_id == self.by.user_id or worklist.account_id in self.accounts

    def _named(self, share: Share, target: int) -> bool:
        """Whether the target of a share from a known worklist is the reader's to know by name."""
        source = self.worklists[share.from_worklist_id]
        return self.knows_all or self._near(self.worklists[target]) or self._near(source)

    def _sort_out(self) -> None:
        """What is known from the start: `inside` by name, `emailed` by a share by email; the rest is counted."""
        self.inside, waiting = {self.start}, [self.start]
        while waiting:
            for share, target in self._approved(waiting.pop()):
                if share.method != Method.EMAIL and target not in self.inside and self._named(share, target):
                    self.inside.add(target)
                    waiting.append(target)
        # The ways up from home to here, and down from here.
        self.up, self.down = Ways(self.home, self._approved), Ways(self.start, self._approved, self.inside)
        self.emailed: dict[int, Share] = {}
        hidden: set[int] = set()
        for source in self.down.length:
            for share, target in self._approved(source):
                if target in self.inside:
                    continue
                if share.method == Method.EMAIL:
                    self.emailed.setdefault(target, share)
                else:
                    hidden.add(target)
        # Where it waits for approval: who may decide there may open it.
        self.deciding = {
            share.to_worklist_id
            for source in self.inside
            for share in self.onward[source]
            if share.to_worklist_id is not None
            and share.approved_at is None
            and self.graph.at(share.to_worklist_id).visible <= self.now
            and self._near(self.worklists[share.to_worklist_id])
        }
        by_email = self.emailed.keys()
        self.elsewhere = len(self._reached(hidden - by_email, self.inside | by_email))
        self.beyond = sum(len(self.onward[source]) for source in self._reached(by_email, self.inside))

    def _approved(self, source: int) -> list[OnwardShare]:
        """The shares onward that let something be seen, with where they lead."""
        return [
            (share, share.to_worklist_id)
            for share in self.onward[source]
            if share.to_worklist_id is not None and share.approved_at is not None
        ]

    def _reached(self, starts: Collection[int], but: Collection[int]) -> set[int]:
        """The starts and the worklists they lead on to, without those that are known otherwise."""
        reached, waiting = set(starts), list(starts)
        while waiting:
            for _, target in self._approved(waiting.pop()):
                if target not in reached and target not in but:
                    reached.add(target)
                    waiting.append(target)
        return reached
