"""What may be known of a study's shares, in the words the Access tab says."""

from collections import defaultdict
from typing import Any

from sharing.models import Method, Share
from sharing.selectors.access.members import members_of
from sharing.selectors.access.reach import Reach
from sharing.selectors.access.shown import Access, Grant, Place, Promise, Role
from studies.models import FOREVER
from worklists.models import Worklist

# As many worklists as a page can be read with.
MOST_PLACES = 300


class Reading(Reach):
    """One study as one reader may read of it."""

    def access(self) -> Access:
        known, elsewhere, beyond = self._sort_out()
        inside = {worklist for worklist, how in known.items() if how == "inside"}
        up, down = self._ways(self.home, None), self._ways(self.start, inside)
        grants: dict[int, list[Grant]] = defaultdict(list)
        found = Access(elsewhere=elsewhere, beyond=beyond)
        for share in self.live:
            source, target = share.from_worklist_id, share.to_worklist_id
            if target == self.start and source not in inside and share.approved_at is not None:
                grants[target].append(self._grant(share, up, self.home))
            elif source not in inside:
                continue
            elif target is None:
                found.promises.append(self._promise(share, down))
            elif share.approved_at is None:
                if share.method == Method.EMAIL or self._named(share, target):
                    found.waiting.append(self._grant(share, down, self.start))
            elif target in known:
                # Of shares back to where one stands, only what keeps it there is of interest: the way down begins here.
                way = (up, self.home) if target == self.start else (down, self.start)
                grants[target].append(self._grant(share, *way))
        members = members_of([pk for pk in inside if self._near(self.worklists[pk])])
        order = sorted(
            known,
            key=lambda pk: (
                pk != self.start,
                known[pk] != "inside",
                self._name(pk, known[pk]).casefold(),
                pk,
            ),
        )
        found.more = max(0, len(order) - MOST_PLACES)
        found.places = [self._place(pk, known[pk], grants[pk], members) for pk in order[:MOST_PLACES]]
        return found

    def _grant(self, share: Share, ways: dict[int, Share | None], start: int) -> Grant:
        chain, at = [share], share.from_worklist_id
        while (before := ways.get(at)) is not None:
            chain.append(before)
            at = before.from_worklist_id
        chain.reverse()
        path = [self._step(start)]
        for each in chain:
            path.append(self._share_step(each))
            path.append(self._target_step(each))
        ends = {share.from_worklist_id, self.home}
        seen = ends | {share.to_worklist_id}
        may_end = bool(ends & self.may_share) and bool(seen & self.may_list)
        return Grant(share, self._by(share), path, may_end, path[-1]["label"])

    def _step(self, pk: int) -> dict[str, Any]:
        worklist = self.worklists[pk]
        kind = "home" if pk == self.home else "person" if worklist.is_personal else "worklist"
        if self.knows_all or pk == self.start or self._near(worklist) or pk in self.givers:
            return {"kind": kind, "label": worklist.label, "detail": self._account(worklist)}
        if worklist.account is not None:
            return {"kind": kind, "label": f"a worklist of {worklist.account.name}"}
        return {"kind": kind, "label": "a personal worklist"}

    def _target_step(self, share: Share) -> dict[str, Any]:
        target, external = share.to_worklist_id, share.method == Method.EMAIL
        if target is None or (external and target not in self.givers | {self.start}):
            source = self.worklists[share.from_worklist_id]
            known = self.knows_all or share.from_worklist_id == self.start or self._near(source)
            label = self._address(share) if known else "somebody"
            return {"kind": "person", "label": label, "external": True}
        step = self._step(target)
        if target != self.start and self._named(share, target):
            worklist = self.worklists[target]
            step |= {"label": worklist.label, "detail": self._account(worklist)}
        return {**step, "external": external}

    def _share_step(self, share: Share) -> dict[str, Any]:
        return {
            "kind": "share",
            "label": f"by {self._by(share)}",
            "detail": Method(share.method).label.lower(),
        }

    def _by(self, share: Share) -> str:
        source = self.worklists[share.from_worklist_id]
        near = self.knows_all or share.from_worklist_id == self.start or self._near(source)
        if near or share.to_worklist_id == self.start:
            return self.people[share.shared_by_id]
        return f"somebody at {source.account.name}" if source.account is not None else "somebody"

    def _address(self, share: Share) -> str:
        """The address that was used, or the name where the reader's own directory has it."""
        worklist = self.worklists.get(share.to_worklist_id) if share.to_worklist_id is not None else None
        owner = worklist.owner if worklist is not None else None
        if owner is not None and (owner.pk in self.colleagues or owner.pk == self.by.pk):
            return owner.name
        return share.address

    def _name(self, pk: int, how: str) -> str:
        if how == "inside":
            return self.worklists[pk].label
        return self._address(self.emailed[pk])

    @staticmethod
    def _account(worklist: Worklist) -> str:
        return worklist.account.name if worklist.account is not None else ""

    def _promise(self, share: Share, ways: dict[int, Share | None]) -> Promise:
        invitation = self.invitations[share.invitation_id]
        grant = self._grant(share, ways, self.start)
        return Promise(
            grant,
            invitation.address,
            invitation,
            invitation.expires_at <= self.now,
            invitation.pk in self.mine,
        )

    def _place(
        self, pk: int, how: str, grants: list[Grant], members: dict[int, tuple[list[Role], int]]
    ) -> Place:
        worklist, times = self.worklists[pk], self.graph.at(pk)
        roles, number = members.get(pk, ([], 0))
        shown = sum(len(role.people) for role in roles)
        external = how == "address" or times.internal <= self.now
        return Place(
            name=self._name(pk, how),
            kind="address" if how == "address" else worklist.kind,
            account=self._account(worklist) if how == "inside" else "",
            is_home=pk == self.home,
            is_here=pk == self.start,
            external=external,
            until=times.visible if times.visible < FOREVER else None,
            roles=roles,
            members=number,
            hidden_members=number - shown,
            grants=grants,
        )
