"""Two deeds on the same thing, and what each is answered; and what scenes are made of."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from accounts.models import AccountMembership, OutboxMail, User
from sharing import services
from sharing.models import Method, Share
from sharing.services import EndReport, NothingThere, Removal, ShareReport
from sharing.targets import Target
from studies.models import Placement, Study
from tests.cast import Cast, acting
from tests.factories import join, make_study, make_user, placement_of
from tests.overlap import (
    Deed,
    Hold,
)
from worklists.models import Worklist

Answers = tuple[str, str]
_numbers = itertools.count(1)


@dataclass
class Scene:
    first: Deed
    second: Deed
    # Where both can be made to wait, in the order in which they came.
    holds: list[Hold]
    # What the two are answered when the first deed is first, and when it is second.
    first_wins: Answers
    second_wins: Answers
    # What else they may be answered when one of them was done before the other began to look.
    apart: tuple[Answers, ...] = ()
    # Where both wait before a step that is committed by itself: let go, either may be the first after it.
    loose: tuple[Hold, ...] = ()
    # Said of what stands afterwards, whoever was first.
    after: Callable[[], bool] = lambda: True


def told(answer: Any) -> str:
    """What came of a deed, in few words. An exception nobody expects has its own name, a deadlock too."""
    match answer:
        case ShareReport():
            return ", ".join(row.outcome for row in answer.rows)
        case EndReport():
            return f"ended {answer.ended}, already {answer.ended_already}, with them {answer.ended_with_them}"
        case Removal():
            return f"studies {answer.studies}, shares {answer.shares}, with them {answer.ended_with_them}"
        case User():
            return "registered"
        case Share():
            return f"decided {answer.approved_at is not None}"
        case NothingThere():
            return "nothing there"
        case ValidationError():
            return answer.messages[0]
    return repr(answer)


def new_study(cast: Cast) -> Study:
    return make_study(cast.ct, patient_name=f"Quill^Hazel {next(_numbers)}")


def new_address() -> str:
    """Several letters apart from the others: a press asks about an address that looks like another."""
    letters = hashlib.sha256(str(next(_numbers)).encode()).hexdigest()[:12]
    return f"dora-{letters}@example.net"


def share(by: User, study: Study, worklist: Worklist, *targets: Target, **more: Any) -> ShareReport:
    placement = placement_of(study, worklist)
    return services.share_studies(placements=[placement.uuid], targets=targets, by=acting(by), **more)


def sharing(by: User, study: Study, worklist: Worklist, *targets: Target) -> Deed:
    placement = placement_of(study, worklist).uuid
    return lambda: services.share_studies(placements=[placement], targets=targets, by=acting(by))


def ending(by: User, *reports: ShareReport) -> Deed:
    uuids = [row.share.uuid for report in reports for row in report.rows if row.share]
    return lambda: services.end_shares(shares=uuids, by=acting(by))


def deleting(cast: Cast, study: Study) -> Deed:
    placement = placement_of(study, cast.ct).uuid
    return lambda: services.delete_study(placement=placement, by=acting(cast.adam), why="Wrong patient")


def location(worklist: Worklist) -> Target:
    return Target(Method.LOCATION, str(worklist.uuid))


def group(worklist: Worklist) -> Target:
    return Target(Method.GROUP, str(worklist.uuid))


def physician(user: User) -> Target:
    return Target(Method.PHYSICIAN, str(user.uuid))


def email(typed: str) -> Target:
    return Target(Method.EMAIL, typed)


def new_physician(cast: Cast) -> tuple[User, AccountMembership]:
    person = make_user(f"Paul {next(_numbers)}")
    return person, join(person, cast.northgate, "Radiologist", [cast.ct])


def placed(study: Study, *worklists: Worklist) -> bool:
    stands = Placement.objects.filter(study=study, is_home=False)
    return set(stands.values_list("worklist", flat=True)) == {worklist.pk for worklist in worklists}


def placed_with(study: Study, typed: str) -> bool:
    owners = Placement.objects.filter(study=study, is_home=False).values_list(
        "worklist__owner__email", flat=True
    )
    return set(owners) == {typed}


def mails_of(study: Study) -> Counter[str]:
    presses = {str(press) for press in Share.objects.filter(study=study).values_list("press", flat=True)}
    return Counter(OutboxMail.objects.filter(data__press__in=presses).values_list("recipient", flat=True))
