"""Notices: who is told of what, once; what a reader is still told of; the bell, its page, and the mails."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.mail import NothingToSend
from accounts.models import OutboxMail
from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method, Notice, Share
from sharing.notice_mail import notice as render_notice
from sharing.selectors.notices import notices_of, number_unread
from sharing.services import decide_share, decide_shares, end_shares, notices, share_studies
from sharing.services.guest_visits import open_link
from sharing.services.notice_reads import mark_notices
from sharing.targets import Target
from tests.administration.test_people import text_of
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.fingerprint import fingerprint
from tests.sharing.guests import made
from worklists.models import NoticeEvent
from worklists.services import change_worklist, choose_notices

pytestmark = pytest.mark.django_db

NO_LONGER = "This is about a study that you can no longer see."


def press(cast: Cast, *targets: Target, by: Any = None, **more: Any) -> Any:
    more.setdefault("placements", [cast.placement.uuid])
    return share_studies(targets=targets or [to(cast.ben)], by=acting(by or cast.ana), **more)


def to(person: Any) -> Target:
    return Target(Method.PHYSICIAN, str(person.uuid))


def told(person: Any) -> list[tuple[str, str]]:
    """What a person's page says, newest first: event and sentence."""
    return [(row.notice.event, row.sentence) for row in notices_of(acting(person)).lines]


def mails(kind: str = "notice") -> list[str]:
    return list(OutboxMail.objects.filter(kind=kind).order_by("pk").values_list("recipient", flat=True))


# --- Who is told


def test_a_recipient_has_an_item_and_a_mail(cast):
    press(cast)

    assert told(cast.ben) == [("shared_here", "New from Ana: 1 study.")]
    assert mails("study_shared") == [cast.ben.email]
    assert told(cast.ana) == []


def test_a_press_of_many_studies_is_one_item_and_one_mail(cast):
    more = [placement_of(make_study(cast.ct), cast.ct).uuid for _ in range(3)]

    press(cast, placements=[cast.placement.uuid, *more])

    assert told(cast.ben) == [("shared_here", "New from Ana: 4 studies.")]
    assert mails("study_shared") == [cast.ben.email]


def test_once_a_day_is_an_item_without_a_mail_and_not_is_neither(cast):
    choose_notices(worklist=cast.ben.personal_worklist, times={"shared_here": "daily"}, by=acting(cast.ben))
    choose_notices(worklist=cast.vera.personal_worklist, times={"shared_here": "off"}, by=acting(cast.vera))

    press(cast, to(cast.ben), to(cast.vera))

    assert [event for event, _ in told(cast.ben)] == ["shared_here"]
    assert told(cast.vera) == []
    assert mails("study_shared") == []


def test_the_same_occasion_is_told_once(cast):
    share = press(cast).rows[0].share
    again = {"event": NoticeEvent.DECIDED, "key": str(share.uuid), "share": share, "only": [cast.ana.pk]}

    assert notices.tell(worklists=[cast.ct.pk], **again) == [cast.ana.pk]
    assert notices.tell(worklists=[cast.ct.pk], **again) == []
    assert Notice.objects.filter(event="decided").count() == 1


def test_the_database_keeps_a_notice_of_one_thing(cast):
    share = press(cast).rows[0].share
    link = made(cast)
    fields = {"user": cast.ben, "worklist": cast.ct, "event": "opened", "key": "x", "time": "now"}

    for about in ({}, {"share": share, "link": link}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notice.objects.create(**fields, **about)


def waiting(cast: Cast) -> Share:
    change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))
    return press(cast, Target(Method.LOCATION, str(cast.emergency.uuid))).rows[0].share


def test_approvers_who_chose_so_are_told_what_waits_and_the_sharer_what_was_decided(cast):
    choose_notices(worklist=cast.emergency, times={"approval_needed": "now"}, by=acting(cast.adam))
    share = waiting(cast)

    assert told(cast.adam) == [("approval_needed", "A share from Ana with Emergency waits for approval.")]
    decide_share(share=share.uuid, by=acting(cast.adam), approve=False)

    assert told(cast.adam) == [("approval_needed", NO_LONGER)]
    assert told(cast.ana) == [("decided", "Your share with Emergency, Northgate Hospital was declined.")]
    assert cast.adam.email in mails()
    assert mails()[-1] == cast.ana.email


def test_of_several_shares_of_a_press_decided_at_once_the_sharer_has_one_item_and_one_mail(cast):
    change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))
    more = [placement_of(make_study(cast.ct), cast.ct).uuid for _ in range(3)]
    target = Target(Method.LOCATION, str(cast.emergency.uuid))
    first = press(cast, target, placements=[cast.placement.uuid, *more[:2]])
    second = press(cast, target, placements=more[2:])
    shares = [row.share.uuid for row in (*first.rows, *second.rows)]

    decide_shares(shares=shares[:2], by=acting(cast.adam), approve=True)
    decide_shares(shares=shares[2:], by=acting(cast.adam), approve=False, message="Not ours")

    approved, declined = (
        f"Your share with Emergency, Northgate Hospital was {word}." for word in ("approved", "declined")
    )
    assert told(cast.ana) == [("decided", declined), ("decided", declined), ("decided", approved)]
    assert mails().count(cast.ana.email) == 3


def test_an_approved_share_says_so(cast):
    decide_share(share=waiting(cast).uuid, by=acting(cast.adam), approve=True)

    assert told(cast.ana) == [("decided", "Your share with Emergency, Northgate Hospital was approved.")]


def test_the_maker_of_a_guest_link_is_told_of_openings_once_a_day(cast):
    link = made(cast)

    open_link(link=link)
    open_link(link=link)

    assert told(cast.ana) == [("link_used", f"Your guest link {link.mark} was opened.")]


# --- What a reader is still told of


def test_of_a_study_that_is_gone_the_item_says_that_alone(client, cast):
    share = press(cast).rows[0].share
    end_shares(shares=[share.uuid], by=acting(cast.ana))
    client.force_login(cast.ben)

    page = text_of(client.get("/notifications/"))

    assert told(cast.ben) == [("shared_here", NO_LONGER)]
    assert NO_LONGER in page
    assert "Ana" not in page


def test_an_item_counts_what_is_still_there(cast):
    second = placement_of(make_study(cast.ct), cast.ct)
    report = press(cast, placements=[cast.placement.uuid, second.uuid])
    end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana))

    assert told(cast.ben) == [("shared_here", "New from Ana: 1 study.")]


def test_a_mail_about_a_study_that_is_gone_is_not_sent(cast):
    share = waiting(cast)
    decide_share(share=share.uuid, by=acting(cast.adam), approve=True)
    mail = OutboxMail.objects.filter(kind="notice", recipient=cast.ana.email).get()
    Notice.objects.filter(user=cast.ana).update(worklist=cast.imaging)

    with pytest.raises(NothingToSend, match="no longer see"):
        render_notice(mail)


def test_a_mail_says_the_sentence_without_a_patient_or_a_link_from_a_name(cast):
    type(cast.emergency).objects.filter(pk=cast.emergency.pk).update(name="www.evil.com")
    decide_share(share=waiting(cast).uuid, by=acting(cast.adam), approve=True)

    message = render_notice(OutboxMail.objects.filter(kind="notice", recipient=cast.ana.email).get())

    assert message.subject.startswith("Your share with www")
    for text in (message.subject, message.text, message.html):
        assert "evil.com" not in text
        assert str(cast.study.patient_name) not in text
    assert f"/placements/{cast.placement.uuid}/" in message.text


# --- The bell and its page


def test_the_bell_counts_up_to_ninety_nine(client, cast):
    share = press(cast).rows[0].share
    Notice.objects.filter(user=cast.ben).delete()
    row = {"user": cast.ben, "worklist": cast.ben.personal_worklist, "share": share, "event": "opened"}
    Notice.objects.bulk_create(Notice(key=str(n), time="now", **row) for n in range(100))
    client.force_login(cast.ben)

    assert number_unread(acting(cast.ben)) == "99+"
    assert "99+ not read" in text_of(client.get("/notifications/unread/"))


def test_opening_an_item_marks_it_as_read_and_leads_to_the_study(client, cast):
    press(cast)
    client.force_login(cast.ben)
    there = placement_of(cast.study, cast.ben.personal_worklist)

    answer = client.post(f"/notifications/{Notice.objects.get(user=cast.ben).uuid}/open/")

    assert answer.url == f"/placements/{there.uuid}/"
    assert number_unread(acting(cast.ben)) == ""


def test_another_persons_item_does_not_exist(client, cast):
    press(cast)
    client.force_login(cast.vera)
    before = fingerprint()

    assert client.post(f"/notifications/{Notice.objects.get(user=cast.ben).uuid}/open/").status_code == 404
    assert fingerprint() == before


def test_all_are_marked_at_once_and_that_is_audited_once(client, cast):
    press(cast)
    client.force_login(cast.ben)

    for _ in range(2):
        client.post("/notifications/read/")

    assert number_unread(acting(cast.ben)) == ""
    assert AuditEvent.objects.filter(action=Action.NOTICES_MARK, by_id=cast.ben.pk).count() == 1


def test_marking_marks_the_persons_own_alone(cast):
    press(cast, to(cast.ben), to(cast.vera))

    assert mark_notices(by=acting(cast.ben)) == 1
    assert number_unread(acting(cast.vera)) == "1"


def test_the_page_costs_the_same_however_many_there_are(cast, django_assert_num_queries):
    for _ in range(4):
        press(cast, placements=[placement_of(make_study(cast.ct), cast.ct).uuid])

    with django_assert_num_queries(1):
        assert len(told(cast.ben)) == 4


def test_a_page_that_is_not_there_is_the_newest_with_a_sentence(client, cast):
    client.force_login(cast.ben)

    page = client.get("/notifications/", {"before": "nonsense"})

    assert page.status_code == 200
    assert "You have no notifications" in text_of(page)
