"""The small world of the property test of the law, and to whom its people share."""

from typing import Any

from audit.actor import OPERATOR
from sharing.models import Method
from sharing.targets import Target
from tests.targets import internal_targets
from worklists.models import Worklist
from worklists.services import add_worklist_member, change_worklist

ADDRESSES = ["dora@elsewhere.net", "emil@elsewhere.net"]
# Where some targets stand in the world's list.
GROUP_THAT_ASKS, CODE_THAT_ASKS, FIRST_ADDRESS = 2, 6, 9


class World:
    """Made once; each example undoes what it did to it."""

    def __init__(self, cast: Any) -> None:
        self.cast = cast
        change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
        change_worklist(worklist=cast.chest, share_code="CHEST", by=OPERATOR)
        # Ana acts on every location and group; owners act on their personal worklists.
        for place in (cast.emergency, cast.cardiology, cast.chest):
            add_worklist_member(worklist=place, user=cast.ana, role=self.everything(), by=OPERATOR)
        self.actors = {
            cast.ct.pk: cast.adam,
            cast.emergency.pk: cast.adam,
            cast.cardiology.pk: cast.adam,
            cast.chest.pk: cast.adam,
            cast.imaging.pk: cast.rita,
        }
        for owner in (cast.ben, cast.vera, cast.ed):
            self.actors[owner.personal_worklist.pk] = owner
        self.worklists = {worklist.pk: worklist for worklist in Worklist.objects.filter(pk__in=self.actors)}
        self.targets = [
            *internal_targets(cast),
            Target(Method.CODE, "CHEST"),
            Target(Method.EMAIL, cast.ed.email),
            Target(Method.EMAIL, cast.ben.email),
            *(Target(Method.EMAIL, email) for email in ADDRESSES),
            Target(Method.LOCATION, str(cast.ct.uuid)),
        ]
        assert self.targets[GROUP_THAT_ASKS].value == str(cast.chest.uuid)

    def everything(self) -> Any:
        return self.cast.northgate.roles.get(name="Administrator")
