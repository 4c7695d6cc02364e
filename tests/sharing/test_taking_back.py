"""A press taken back: undone before its mails leave, or withdrawn later."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts.models import Invitation, OutboxMail
from accounts.services import outbox
from audit import clock as audit_clock
from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing import services
from sharing.models import Method, Notice, Share
from sharing.services import ShareReport, TooLate
from sharing.services.daily_notices import send_daily_notices
from sharing.targets import Target
from studies.models import Placement
from tests.cast import Cast, acting
from tests.factories import make_location, make_study, placement_of
from tests.fingerprint import fingerprint
from tests.mail_server import MailServer, mail_server
from tests.sharing.share_pages import HTMX, text
from worklists.services import choose_notices

__all__ = ["mail_server"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def half_a_minute(settings: Any) -> None:
    settings.CIMAR_UNDO_SECONDS = 30


def press(cast: Cast, *targets: Target, by: Any = None, placement: Any = None) -> ShareReport:
    chosen = targets or (
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        Target(Method.EMAIL, "dora@example.net"),
    )
    return services.share_studies(
        placements=[(placement or cast.placement).uuid], targets=chosen, by=acting(by or cast.ana)
    )


def undo(client: Any, made: ShareReport, **more: Any) -> Any:
    return client.post(reverse("sharing:undo", args=[made.press]), **more)


# Undo


def test_an_undone_press_ends_its_shares_and_its_mails_never_leave(
    cast: Cast, mail_server: MailServer, clock: Any
) -> None:
    made = press(cast)
    assert outbox.deliver_waiting() == 0

    undone = services.undo_press(press=made.press, by=acting(cast.ana))

    clock.move(seconds=31)
    assert (undone.ended, undone.mails, outbox.deliver_waiting(), mail_server.received) == (2, 2, 0, [])
    assert set(OutboxMail.objects.values_list("dropped_as", flat=True)) == {OutboxMail.Dropped.TAKEN_BACK}
    assert set(Share.objects.values_list("end_reason", "ended_by")) == {("undone", cast.ana.pk)}
    assert not Placement.objects.filter(study=cast.study, is_home=False).exists()


def test_each_share_that_is_undone_has_its_event(cast: Cast) -> None:
    made = press(cast)

    services.undo_press(press=made.press, by=acting(cast.ana))

    events = AuditEvent.objects.filter(action=Action.SHARE_END, by_id=cast.ana.pk, study_id=cast.study.pk)
    assert set(events.values_list("share_uuid", "detail__why", "detail__press")) == {
        (row.share.uuid, "undone", str(made.press)) for row in made.rows if row.share is not None
    }


def test_an_undone_press_is_in_no_bell_and_in_no_daily_mail(cast: Cast, clock: Any) -> None:
    asks = make_location(cast.northgate, "Asks", needs_approval=True)
    choose_notices(worklist=asks, times={"approval_needed": "now"}, by=acting(cast.adam))
    choose_notices(worklist=cast.ben.personal_worklist, times={"shared_here": "daily"}, by=acting(cast.ben))
    stays = press(cast, Target(Method.PHYSICIAN, str(cast.vera.uuid)))
    made = press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)), Target(Method.LOCATION, str(asks.uuid)))
    assert set(Notice.objects.values_list("user", flat=True)) == {cast.adam.pk, cast.ben.pk, cast.vera.pk}
    # Another share shows Ben the study: the notice alone would tell of the press.
    press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)), by=cast.adam)
    Notice.objects.exclude(share__press__in=[made.press, stays.press]).delete()

    services.undo_press(press=made.press, by=acting(cast.ana))

    assert set(Notice.objects.values_list("user", "share__press")) == {(cast.vera.pk, stays.press)}


def test_a_daily_mail_waits_until_a_press_in_it_cannot_be_undone(cast: Cast, clock: Any) -> None:
    choose_notices(worklist=cast.ben.personal_worklist, times={"shared_here": "daily"}, by=acting(cast.ben))
    now = audit_clock.now()
    clock.move(seconds=(now.replace(hour=12) + timedelta(days=1) - now).total_seconds())
    made = press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)))
    assert send_daily_notices() == 1

    assert outbox.deliver_waiting() == 0
    services.undo_press(press=made.press, by=acting(cast.ana))
    clock.move(seconds=31)
    assert outbox.deliver_waiting() == 0


def test_the_invitation_of_a_press_that_is_undone_stops_working(cast: Cast) -> None:
    made = press(cast)

    services.undo_press(press=made.press, by=acting(cast.ana))

    assert Invitation.objects.get(email="dora@example.net").withdrawn_at is not None


def test_an_invitation_that_another_share_waits_on_stays(cast: Cast) -> None:
    press(cast, Target(Method.EMAIL, "dora@example.net"), by=cast.erin)
    made = press(cast, Target(Method.EMAIL, "dora@example.net"))

    services.undo_press(press=made.press, by=acting(cast.ana))

    assert Invitation.objects.get(email="dora@example.net").withdrawn_at is None
    assert Share.objects.get(ended_at=None).shared_by == cast.erin


def test_after_its_time_nothing_is_undone_and_nothing_changes(cast: Cast, clock: Any) -> None:
    made = press(cast)
    clock.move(seconds=30)
    before = fingerprint()

    with pytest.raises(TooLate):
        services.undo_press(press=made.press, by=acting(cast.ana))

    assert fingerprint() == before


def test_a_press_whose_mail_has_left_is_not_undone(
    cast: Cast, mail_server: MailServer, settings: Any, clock: Any
) -> None:
    made = press(cast)
    clock.move(seconds=31)
    assert outbox.deliver_waiting() == 2
    settings.CIMAR_UNDO_SECONDS = 3600
    before = fingerprint()

    with pytest.raises(TooLate, match="an email about the share has already been sent"):
        services.undo_press(press=made.press, by=acting(cast.ana))

    assert fingerprint() == before


def test_the_mails_of_others_and_of_other_presses_leave(
    cast: Cast, mail_server: MailServer, clock: Any
) -> None:
    made = press(cast)
    press(cast, Target(Method.EMAIL, "nell@example.net"))

    services.undo_press(press=made.press, by=acting(cast.ana))
    clock.move(seconds=31)
    outbox.deliver_waiting()

    assert mail_server.recipients == ["nell@example.net"]


def test_the_mail_of_an_approval_waits_until_the_press_cannot_be_undone(cast: Cast, clock: Any) -> None:
    asks = make_location(cast.northgate, "Asks", needs_approval=True)
    made = press(cast, Target(Method.LOCATION, str(asks.uuid)))
    assert made.rows[0].share is not None

    services.decide_share(share=made.rows[0].share.uuid, by=acting(cast.adam), approve=True)

    outbox.deliver_waiting()
    assert OutboxMail.objects.filter(data__press=str(made.press)).exclude(delivered_at=None).count() == 0


@pytest.mark.parametrize("person", ["adam", "ben", "caro", "ed"])
def test_no_one_undoes_the_press_of_another(cast: Cast, person: str) -> None:
    made = press(cast)

    with pytest.raises(NothingThere):
        services.undo_press(press=made.press, by=acting(getattr(cast, person)))


def test_a_share_that_was_there_before_is_not_ended_by_undo(cast: Cast) -> None:
    before = press(cast, Target(Method.LOCATION, str(cast.emergency.uuid)))
    made = services.share_studies(
        placements=[cast.placement.uuid],
        targets=[
            Target(Method.LOCATION, str(cast.emergency.uuid)),
            Target(Method.GROUP, str(cast.chest.uuid)),
        ],
        by=acting(cast.ana),
    )

    services.undo_press(press=made.press, by=acting(cast.ana))

    assert Share.objects.get(ended_at=None) == before.rows[0].share


# Its page


def test_the_report_offers_undo_only_where_there_is_any(client: Any, cast: Cast, settings: Any) -> None:
    client.force_login(cast.ana)
    form = {"placement": [str(cast.placement.uuid)], "group": [str(cast.chest.uuid)]}

    page = text(client.post(reverse("sharing:share_studies"), form, headers=HTMX))
    again = text(client.post(reverse("sharing:share_studies"), form, headers=HTMX))
    settings.CIMAR_UNDO_SECONDS = 0
    other = {**form, "group": [str(cast.cardiology.uuid)]}
    without = text(client.post(reverse("sharing:share_studies"), other, headers=HTMX))

    made = Share.objects.order_by("pk")[0]
    assert reverse("sharing:undo", args=[made.press]) in page
    assert "You can undo this for 30 seconds after sharing." in page
    assert ("Undo" in again, "Undo" in without) == (False, False)


def test_undo_says_what_it_did_where_the_person_came_from(client: Any, cast: Cast) -> None:
    made = press(cast)
    client.force_login(cast.ana)

    answer = undo(client, made, data={"back": reverse("studies:worklist", args=[cast.ct.uuid])})

    assert answer.url == reverse("studies:worklist", args=[cast.ct.uuid])
    assert "Undone: 2 shares ended, and no email about sharing was sent." in text(client.get(answer.url))


def test_too_late_the_page_says_so_and_offers_to_withdraw(client: Any, cast: Cast, clock: Any) -> None:
    made = press(cast)
    client.force_login(cast.ana)
    clock.move(seconds=31)

    answer = undo(client, made, headers=HTMX)

    page = text(answer)
    assert answer.status_code == 422
    assert "The time in which this can be undone has passed" in page
    assert f'action="{reverse("sharing:withdraw_press", args=[made.press])}"' in page
    assert Share.objects.filter(ended_at=None).count() == 2


def test_what_has_ended_meanwhile_is_gone_for_undo_as_well(client: Any, cast: Cast, clock: Any) -> None:
    made = press(cast)
    services.withdraw_press(press=made.press, by=acting(cast.ana))
    client.force_login(cast.ana)
    clock.move(seconds=31)

    answer = undo(client, made)

    assert answer.status_code == 410
    assert "These shares have already ended." in text(answer)


# Withdraw


def test_a_press_is_withdrawn_with_all_that_hung_on_it(client: Any, cast: Cast) -> None:
    made = press(cast, Target(Method.LOCATION, str(cast.emergency.uuid)), Target(Method.EMAIL, cast.ed.email))
    press(
        cast,
        Target(Method.GROUP, str(cast.chest.uuid)),
        by=cast.ben,
        placement=placement_of(cast.study, cast.emergency),
    )
    client.force_login(cast.ana)
    url = reverse("sharing:withdraw_press", args=[made.press])

    page = text(client.get(url))
    answer = client.post(url)

    assert "2 shares of 1 study." in page
    assert "study also disappears from Chest Clinic, where it was shared on" in page
    assert "2 shares ended, and 1 share with them." in text(client.get(answer.url))
    assert not Share.objects.filter(ended_at=None).exists()


def test_a_withdrawn_invitation_no_longer_registers(cast: Cast) -> None:
    made = press(cast, Target(Method.EMAIL, "dora@example.net"))

    services.withdraw_press(press=made.press, by=acting(cast.ana))

    assert Invitation.objects.get(email="dora@example.net").withdrawn_at is not None


def test_at_home_the_press_of_a_colleague_is_withdrawn(cast: Cast) -> None:
    made = press(cast)

    services.withdraw_press(press=made.press, by=acting(cast.lois))

    assert not Share.objects.filter(ended_at=None).exists()


def test_a_recipient_withdraws_nothing(cast: Cast) -> None:
    made = press(cast)

    with pytest.raises(PermissionDenied):
        services.withdraw_press(press=made.press, by=acting(cast.ben))

    assert Share.objects.filter(ended_at=None).count() == 2


@pytest.mark.parametrize("act", [services.undo_press, services.withdraw_press])
def test_a_press_that_never_was_is_not_there(cast: Cast, act: Any) -> None:
    with pytest.raises(NothingThere):
        act(press=uuid4(), by=acting(cast.ana))


def test_of_many_shares_some_are_listed_and_the_others_counted(client: Any, cast: Cast) -> None:
    studies = [placement_of(make_study(cast.ct), cast.ct).uuid for _ in range(51)]
    made = services.share_studies(
        placements=studies,
        targets=[Target(Method.GROUP, str(cast.chest.uuid)), Target(Method.GROUP, str(cast.cardiology.uuid))],
        by=acting(cast.ana),
    )
    client.force_login(cast.ana)

    page = text(client.get(reverse("sharing:withdraw_press", args=[made.press])))

    assert ("102 shares of 51 studies." in page, "and 2 shares more" in page) == (True, True)
