"""What may be known of a study's shares, in the words of the Access tab."""

from collections import defaultdict
from uuid import UUID

from sharing.models import Method, Share
from sharing.selectors.access.members import counts_of, members_of
from sharing.selectors.access.paths import Paths
from sharing.selectors.access.shown import AccessPlace, Grant, Promise, RolePeople, StudyAccess
from sharing.selectors.guest_link_rows import LinkRow, live_links_on
from studies.models import FOREVER

# No more worklists than fit a page.
MOST_PLACES = 300
# Up to so many worklists show their people at once; of more, worklist by worklist on demand.
MOST_NAMED = 12

# Up to so many names are open from the start.
MOST_OPEN = 12

EVERYONE = "all"


class Reading(Paths):
    """One study as one reader may read of it."""

    def access(self, names: UUID | str = "", path: UUID | None = None) -> StudyAccess:
        """`names`: of which worklist people are named, or of all; `path`: of which share the whole path is shown."""
        order = self._order()
        shown = order[:MOST_PLACES]
        self.linked, self.unfolded = frozenset(shown) & self.inside, path
        access = StudyAccess(elsewhere=self.elsewhere, beyond=self.beyond, more=len(order) - len(shown))
        grants: dict[int, list[Grant]] = defaultdict(list)
        for share in self.live:
            source, target = share.from_worklist_id, share.to_worklist_id
            if target == self.start and source not in self.inside and share.approved_at is not None:
                grants[target].append(self._grant(share, self.up))
            elif source not in self.inside:
                continue
            elif target is None:
                access.promises.append(self._promise(share))
            elif share.approved_at is None:
                if share.method == Method.EMAIL or self._named(share, target):
                    access.waiting.append(self._grant(share, self.down))
            elif target in self.inside or target in self.emailed:
                # Of shares back to this worklist, only those that keep the study here: the way down begins here.
                grants[target].append(self._grant(share, self.up if target == self.start else self.down))
        near = [pk for pk in shown if pk in self.inside and self._near(self.worklists[pk])]
        counts, members = self._people(near, names)
        access.names_left = len(counts) > len(members)
        links = live_links_on(self.graph.study.pk, [pk for pk in shown if pk in self.inside], self.by)
        access.places = [
            self._place(pk, grants[pk], counts.get(pk, 0), members.get(pk, []), names, links.get(pk, []))
            for pk in shown
        ]
        return access

    def _order(self) -> list[int]:
        """Home, or where the reader is, and after each worklist those that were shared to from it, by name."""
        onward: dict[int, list[int]] = defaultdict(list)
        for worklist, share in {**self.emailed, **self.down.last}.items():
            onward[share.from_worklist_id].append(worklist)
        order, waiting = [], [self.start]
        while waiting:
            order.append(at := waiting.pop())
            key = {pk: (pk not in self.inside, self._name(pk).casefold(), pk) for pk in onward[at]}
            waiting += sorted(onward[at], key=key.__getitem__, reverse=True)
        return order

    def _people(
        self, near: list[int], names: UUID | str
    ) -> tuple[dict[int, int], dict[int, list[RolePeople]]]:
        """How many people can see the study on each worklist, and who they are where they are named."""
        if len(near) <= MOST_NAMED or names == EVERYONE:
            members = members_of(near)
            return {pk: number for pk, (_, number) in members.items()}, {
                pk: roles for pk, (roles, _) in members.items()
            }
        asked = members_of([pk for pk in near if self.worklists[pk].uuid == names])
        return counts_of(near), {pk: roles for pk, (roles, _) in asked.items()}

    def _name(self, pk: int) -> str:
        return self.worklists[pk].label if pk in self.inside else self._email_or_name(self.emailed[pk])

    def _promise(self, share: Share) -> Promise:
        invitation = self.invitations[share.invitation_id]
        return Promise(
            self._grant(share, self.down),
            invitation.email,
            invitation,
            invitation.expires_at <= self.now,
            invitation.pk in self.mine,
        )

    def _place(
        self,
        pk: int,
        grants: list[Grant],
        members: int,
        roles: list[RolePeople],
        names: UUID | str,
        links: list[LinkRow],
    ) -> AccessPlace:
        worklist, times = self.worklists[pk], self.graph.at(pk)
        is_inside = pk in self.inside
        is_asked_for = names in (EVERYONE, worklist.uuid)
        return AccessPlace(
            name=self._name(pk),
            kind=worklist.kind if is_inside else "email",
            account=self._account(worklist) if is_inside else "",
            uuid=worklist.uuid if is_inside else None,
            is_home=pk == self.home,
            is_here=pk == self.start,
            external=not is_inside or times.internal <= self.now,
            until=times.visible if times.visible < FOREVER else None,
            roles=roles,
            members=members,
            hidden_members=members - sum(len(role.people) for role in roles),
            is_open=bool(roles) and (is_asked_for or members <= MOST_OPEN),
            grants=grants,
            links=links,
        )
