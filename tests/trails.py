"""A study that went many ways, with a line in the trail for every deed on the way: what tests of trails stand on."""

from dataclasses import dataclass
from uuid import uuid4

from django.db.models import QuerySet

from accounts.models import Account, User
from audit import clock
from audit.actions import Action
from audit.actor import SYSTEM, Actor
from audit.models import AuditEvent
from audit.services import On, record
from sharing.models import Share
from studies.events import on_placement
from studies.models import FOREVER, NO_PATH, Placement, Study
from tests.cast import Cast, acting
from tests.factories import make_placement
from worklists.models import Worklist


@dataclass
class World:
    """Home is CT Reporting. From there to Chest Clinic, to Ben, to Riverside Imaging (and on to Orthopaedics), and by
    email to Ed, who let it on to Caro."""

    home: Placement
    chest: Placement
    ben: Placement
    imaging: Placement
    orthopaedics: Placement
    ed: Placement
    caro: Placement

    def again(self, name: str) -> Placement:
        """The placement as a page finds it."""
        return with_names(getattr(self, name))


def make_world(cast: Cast) -> World:
    home = with_names(cast.placement)
    northgate, riverside = cast.northgate, cast.riverside
    record(Action.STUDY_ARRIVE, by=acting(cast.ana), on=on(home))
    chest = give(home, cast.chest, "group", cast.ana, account=northgate)
    ben = give(home, cast.ben.personal_worklist, "physician", cast.ana, account=northgate)
    imaging = give(home, cast.imaging, "code", cast.ana)
    ed = give(home, cast.ed.personal_worklist, "email", cast.ana, internal=False)
    orthopaedics = give(imaging, cast.orthopaedics, "group", cast.caro, account=riverside)
    caro = give(ed, cast.caro.personal_worklist, "email", cast.ed, internal=False)
    look(home, cast.ana)
    look(chest, cast.vera)
    look(ben, cast.ben)
    look(imaging, cast.caro)
    look(orthopaedics, cast.rita)
    look(ed, cast.ed)
    look(caro, cast.caro)
    return World(home, chest, ben, imaging, orthopaedics, ed, caro)


def with_names(placement: Placement) -> Placement:
    named = Placement.objects.select_related("study__home__account", "worklist__account", "worklist__owner")
    return named.get(pk=placement.pk)


def on(placement: Placement, **more: object) -> On:
    return on_placement(placement, at=clock.now(), **more)


def look(placement: Placement, by: User | None, ip_address: str | None = None, **more: object) -> None:
    """By the site itself without a user."""
    actor = Actor.of(by, ip_address) if by is not None else SYSTEM
    record(Action.STUDY_OPEN, by=actor, on=on(placement), **more)


def give(
    source: Placement,
    target: Worklist,
    method: str,
    by: User,
    *,
    account: Account | None = None,
    internal: bool = True,
) -> Placement:
    """A share, the placement it makes, and its line, as `sharing` writes them."""
    share = share_row(source.study, source.worklist, target, method, by, account)
    until = FOREVER if internal else NO_PATH
    placement = with_names(make_placement(source.study, target, internal_until=until))
    record(Action.SHARE_ADD, by=acting(by), on=about(share, source, target))
    return placement


def address_in(target: Worklist) -> str:
    return target.owner.email if target.owner is not None else "somebody@example.net"


def share_row(
    study: Study, source: Worklist, target: Worklist, method: str, by: User, account: Account | None
) -> Share:
    return Share.objects.create(
        press=uuid4(), study=study, from_worklist=source, to_worklist=target, method=method, shared_by=by,
        account=account, approved_at=clock.now(), email=address_in(target) if method == "email" else "",
    )  # fmt: skip


def about(share: Share, source: Placement, target: Worklist | None, **more: object) -> On:
    label = {"other_worklist_label": target.label} if target is not None else {}
    return on(
        source,
        share_uuid=share.uuid,
        other_worklist_id=target.pk if target is not None else None,
        detail={"method": share.method},
        **{**label, **more},
    )


def told(events: QuerySet[AuditEvent]) -> list[tuple[str, str, str, str]]:
    """Who did what where, oldest first."""
    return [
        (
            event.by_label.split(" <")[0],
            str(Action(event.action).label),
            event.worklist_label,
            event.other_worklist_label,
        )
        for event in events.order_by("pk")
    ]
