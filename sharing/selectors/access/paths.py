"""Each live share in the words of the Access tab: who made it, and the path to it, folded where it is long."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.nouns import counted
from sharing.models import Method, Share
from sharing.selectors.access.reach import Reach
from sharing.selectors.access.shown import Grant
from sharing.selectors.access.ways import Ways
from worklists.models import Worklist

# A longer path is folded: a page lists each share of a chain once, however long the chain is.
MOST_SHARES = 3
# Whom the reader may not know.
SOMEONE = gettext_noop("someone")

Step = dict[str, Any]


class Paths(Reach):
    """`linked` are the worklists that have a part of the page; `unfolded` is the share whose path is shown in full."""

    linked: frozenset[int] = frozenset()
    unfolded: UUID | None = None

    def _grant(self, share: Share, ways: Ways) -> Grant:
        source = share.from_worklist_id
        before = ways.length.get(source, 0)
        is_folded = before >= MOST_SHARES
        path = [self._step(ways.start)]
        if is_folded:
            path.append(self._folded(share, ways, before))
        for step in ways.to(source, 1 if is_folded else None):
            if not is_folded:
                path.append(self._share_step(step))
            path.append(self._linked(self._target_step(step), step.to_worklist_id))
        path.append(self._share_step(share))
        path.append(self._target_step(share))
        may_end = not self.rights_to_end.refusal(share, home=self.home)
        return Grant(share, self._by(share), path, may_end, path[-1]["label"], is_folded)

    def _folded(self, share: Share, ways: Ways, before: int) -> Step:
        """In place of the shares that lead to where this one was made: how many, and on demand which."""
        steps: list[Step] = []
        if share.uuid == self.unfolded:
            for each in ways.to(share.from_worklist_id):
                steps.append(self._share_step(each))
                steps.append(self._linked(self._target_step(each), each.to_worklist_id))
            # The worklist this share was made from is the step after the fold.
            steps.pop()
        return {
            "kind": "fold",
            "label": counted(before, "share"),
            "href": f"?path={share.uuid}",
            "anchor": f"share-{share.uuid}",
            "steps": steps,
        }

    def _linked(self, step: Step, worklist: int | None) -> Step:
        """A step to a worklist that has its own part of the page leads there."""
        if worklist in self.linked and worklist is not None:
            return {**step, "href": f"#worklist-{self.worklists[worklist].uuid}"}
        return step

    def _step(self, pk: int) -> Step:
        worklist = self.worklists[pk]
        kind = "home" if pk == self.home else "person" if worklist.is_personal else "worklist"
        if self.knows_all or pk == self.start or self._near(worklist) or pk in self.givers:
            return {"kind": kind, "label": worklist.label, "detail": self._account(worklist)}
        if worklist.account is not None:
            return {
                "kind": kind,
                "label": _("a worklist of %(account)s") % {"account": worklist.account.name},
            }
        return {"kind": kind, "label": _("a personal worklist")}

    def _target_step(self, share: Share) -> Step:
        target, external = share.to_worklist_id, share.method == Method.EMAIL
        if target is None or (external and target not in self.givers | {self.start}):
            source = self.worklists[share.from_worklist_id]
            known = self.knows_all or share.from_worklist_id == self.start or self._near(source)
            label = self._email_or_name(share) if known else _(SOMEONE)
            return {"kind": "person", "label": label, "external": True}
        step = self._step(target)
        if target != self.start and self._named(share, target):
            worklist = self.worklists[target]
            step |= {"label": worklist.label, "detail": self._account(worklist)}
        return {**step, "external": external}

    def _share_step(self, share: Share) -> Step:
        return {
            "kind": "share",
            "label": _("by %(name)s") % {"name": self._by(share)},
            "detail": Method(share.method).label.lower(),
        }

    def _by(self, share: Share) -> str:
        source = self.worklists[share.from_worklist_id]
        near = self.knows_all or share.from_worklist_id == self.start or self._near(source)
        if near or share.to_worklist_id == self.start:
            return self.people[share.shared_by_id]
        if source.account is None:
            return _(SOMEONE)
        return _("someone at %(account)s") % {"account": source.account.name}

    def _email_or_name(self, share: Share) -> str:
        """The email that was used, or the name where the reader's own directory has it."""
        worklist = self.worklists.get(share.to_worklist_id) if share.to_worklist_id is not None else None
        owner = worklist.owner if worklist is not None else None
        if owner is not None and (owner.pk in self.colleagues or owner.pk == self.by.user_id):
            return owner.name
        return share.email

    @staticmethod
    def _account(worklist: Worklist) -> str:
        return worklist.account.name if worklist.account is not None else ""
