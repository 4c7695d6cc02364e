"""More time at the same time as the end of a share, and as another answer."""

from datetime import timedelta

from audit import clock
from common.days import today_in
from sharing import services
from sharing.models import Share
from sharing.services.more_time import ANSWERED, ask_for_time, decline_time, grant_time
from tests.cast import Cast, acting
from tests.factories import placement_of
from tests.overlap import Deed, study_rows
from tests.races.scene import Scene, new_study, physician, placed, share

HAS_ENDED = "This share has already ended. Share the study again."


def asked(cast: Cast) -> Share:
    study = new_study(cast)
    last = today_in("Europe/London", clock.now()) + timedelta(days=5)
    report = share(cast.ana, study, cast.ct, physician(cast.ben), expires_at=last)
    made: Share = report.rows[0].share
    ask_for_time(placement=placement_of(study, cast.ben.personal_worklist).uuid, by=acting(cast.ben))
    return made


def granting(cast: Cast, made: Share) -> Deed:
    until = today_in("Europe/London", clock.now()) + timedelta(days=12)

    def grant() -> str:
        grant_time(share=made.uuid, by=acting(cast.ana), until=until)
        return "granted"

    return grant


def _declining(cast: Cast, made: Share) -> Deed:
    def decline() -> str:
        decline_time(share=made.uuid, by=acting(cast.ana))
        return "declined"

    return decline


def more_time_against_an_end(cast: Cast) -> Scene:
    made = asked(cast)
    by_hand = lambda: services.end_shares(shares=[made.uuid], by=acting(cast.ana))  # noqa: E731
    return Scene(
        granting(cast, made), by_hand, [study_rows(made.study)],
        ("'granted'", "ended 1, already 0, with them 0"), (HAS_ENDED, "ended 1, already 0, with them 0"),
        after=lambda: placed(made.study),
    )  # fmt: skip


def two_answers(cast: Cast) -> Scene:
    """The first answer counts: a decline that comes second finds nothing to answer."""
    made = asked(cast)
    return Scene(
        granting(cast, made), _declining(cast, made), [study_rows(made.study)],
        ("'granted'", ANSWERED), (ANSWERED, "'declined'"),
        after=lambda: placed(made.study, cast.ben.personal_worklist),
    )  # fmt: skip


SCENES = [more_time_against_an_end, two_answers]
