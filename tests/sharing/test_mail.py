"""The mails of sharing say how many studies and who shared, and nothing of the patient."""

import re
from datetime import date
from email.header import decode_header, make_header
from email.utils import getaddresses, parseaddr

import pytest
from django.core.mail import EmailMessage
from django.db.models.functions import Now
from django.urls import reverse

from accounts.mail import NothingToSend, from_line
from accounts.models import Account, Invitation, OutboxMail
from accounts.services.outbox import deliver_waiting
from accounts.tokens import make_token
from sharing import mail, services
from sharing.models import Method, Share
from sharing.targets import Target
from tests.cast import acting
from tests.factories import make_location, make_study, placement_of

pytestmark = pytest.mark.django_db

NOTE = "Left hilum, Mrs Quill"


def share(cast, method, value, placements=None, by=None):
    return services.share_studies(
        placements=placements or [cast.placement.uuid],
        targets=[Target(method, str(value))],
        by=acting(by or cast.ana),
        note=NOTE,
    )


def only(kind):
    return OutboxMail.objects.get(kind=kind)


def everything(message):
    return "\n".join((message.subject, message.text, message.html))


def test_a_physician_is_told_how_many_studies_by_whom_and_where(cast, settings):
    second = placement_of(make_study(cast.ct, patient_name="Osei^Kofi"), cast.ct)
    report = share(cast, Method.PHYSICIAN, cast.ben.uuid, [cast.placement.uuid, second.uuid])
    message = mail.study_shared(only("study_shared"))
    assert message.subject == "Ana shared 2 studies with you"
    assert "Ana (Northgate Hospital) shared 2 imaging studies with you." in message.text
    link = settings.CIMAR_BASE_URL + reverse("sharing:received", args=[report.press])
    assert (link in message.text, link in message.html) == (True, True)


def test_no_mail_holds_a_patient_or_a_note(cast):
    share(cast, Method.PHYSICIAN, cast.ben.uuid)
    share(cast, Method.EMAIL, "dora@example.net")
    text = everything(mail.study_shared(only("study_shared"))) + everything(
        mail.invitation(only("invitation"))
    )
    for secret in (
        "Quill",
        "Hazel",
        "hilum",
        "CT chest",
        cast.study.patient_id,
        cast.study.study_instance_uid,
        "20 Nov 2026",
    ):
        assert secret not in text


def test_a_single_study_has_a_link_straight_to_its_images_where_they_may_be_opened(cast, settings):
    share(cast, Method.PHYSICIAN, cast.ben.uuid)
    first = only("study_shared")
    there = placement_of(cast.study, cast.ben.personal_worklist)
    link = settings.CIMAR_BASE_URL + reverse("studies:viewer", args=[there.uuid])

    assert link in mail.study_shared(first).text and link in mail.study_shared(first).html
    two = [placement_of(make_study(cast.ct), cast.ct).uuid for _ in range(2)]
    share(cast, Method.PHYSICIAN, cast.ben.uuid, two)
    both = mail.study_shared(OutboxMail.objects.filter(kind="study_shared").latest("pk"))
    assert "/viewer/" not in everything(both)


def test_what_ended_before_its_turn_is_not_told(cast):
    report = share(cast, Method.PHYSICIAN, cast.ben.uuid)
    services.end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana))
    with pytest.raises(NothingToSend):
        mail.study_shared(only("study_shared"))


def test_part_of_a_press_that_ended_is_not_counted(cast):
    second = placement_of(make_study(cast.ct), cast.ct)
    report = share(cast, Method.PHYSICIAN, cast.ben.uuid, [cast.placement.uuid, second.uuid])
    services.end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana))
    assert "shared 1 study" in mail.study_shared(only("study_shared")).subject


def test_a_person_who_left_is_not_written_to(cast):
    share(cast, Method.PHYSICIAN, cast.ben.uuid)
    type(cast.ben).objects.filter(pk=cast.ben.pk).update(is_active=False)
    with pytest.raises(NothingToSend):
        mail.study_shared(only("study_shared"))


def test_nobody_is_told_of_what_awaits_approval(cast):
    asks = make_location(cast.northgate, "Asks", needs_approval=True)
    share(cast, Method.LOCATION, asks.uuid)
    assert not OutboxMail.objects.filter(kind="study_shared").exists()


def test_an_invitation_holds_the_link_that_registers(cast, settings):
    share(cast, Method.EMAIL, "dora@example.net")
    message = mail.invitation(only("invitation"))
    assert message.subject == "Ana wants to share 1 study with you"
    token = make_token(Invitation.objects.get())
    link = f"{settings.CIMAR_BASE_URL}{reverse('sharing:open_invitation', args=[token])}"
    assert (link in message.text, link in message.html) == (True, True)


def test_a_new_link_is_what_the_next_mail_holds(cast):
    share(cast, Method.EMAIL, "dora@example.net")
    first = mail.invitation(only("invitation")).text
    services.relink_invitation(invitation=Invitation.objects.get().uuid, by=acting(cast.ana))
    [_, again] = OutboxMail.objects.filter(kind="invitation").order_by("pk")
    assert mail.invitation(again).text != first


def test_names_cannot_write_the_mail(cast):
    type(cast.ana).objects.filter(pk=cast.ana.pk).update(name="<b>Ana</b>\r\nBcc: x@example.net \u202eevil")
    share(cast, Method.EMAIL, "dora@example.net")
    message = mail.invitation(only("invitation"))
    assert "\n" not in message.subject
    assert "\u202e" not in everything(message)
    assert "<b>" not in message.html


@pytest.mark.parametrize("what", ["withdraw", "end", "claim", "expire"])
def test_an_invitation_with_nothing_left_is_not_sent(cast, clock, what):
    report = share(cast, Method.EMAIL, "dora@example.net")
    invited = Invitation.objects.get()
    {
        "withdraw": lambda: services.withdraw_invitation(invitation=invited.uuid, by=acting(cast.ana)),
        "end": lambda: services.end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana)),
        "claim": lambda: Invitation.objects.filter(pk=invited.pk).update(
            accepted_at=clock.now(), accepted_by=cast.ed
        ),
        "expire": lambda: clock.move(days=31),
    }[what]()
    with pytest.raises(NothingToSend):
        mail.invitation(only("invitation"))


def test_sent_again_it_counts_everything_that_waits(cast):
    second = placement_of(make_study(cast.ct), cast.ct)
    share(cast, Method.EMAIL, "dora@example.net")
    share(cast, Method.EMAIL, "dora@example.net", [second.uuid], by=acting(cast.erin))
    services.resend_invitation(invitation=Invitation.objects.get().uuid, by=acting(cast.ana))
    assert Share.objects.count() == 2
    assert (
        "share 2 studies"
        in mail.invitation(OutboxMail.objects.filter(kind="invitation").latest("pk")).subject
    )


# Who a mail is from, and until when


def sent(mailoutbox, clock):
    clock.move(minutes=2)
    deliver_waiting()
    return mailoutbox


def test_a_mail_comes_from_the_organisation_by_the_sites_own_address(cast, mailoutbox, clock, settings):
    settings.DEFAULT_FROM_EMAIL = "CIMAR <studies@site.example>"
    Account.objects.filter(pk=cast.northgate.pk).update(name_confirmed_at=Now())
    share(cast, Method.PHYSICIAN, cast.ben.uuid)
    share(cast, Method.EMAIL, "dora@example.net")

    letters = sent(mailoutbox, clock)

    assert len(letters) == 2
    for letter in letters:
        assert parseaddr(letter.message()["From"]) == (
            "Northgate Hospital via CIMAR",
            "studies@site.example",
        )
        assert (letter.reply_to, letter.message()["Reply-To"]) == ([], None)


def test_a_name_that_the_platform_has_not_confirmed_is_not_in_the_line_of_the_sender(
    cast, mailoutbox, clock, settings
):
    settings.DEFAULT_FROM_EMAIL = "CIMAR <studies@site.example>"
    Account.objects.filter(pk=cast.northgate.pk).update(name_confirmed_at=None)
    share(cast, Method.PHYSICIAN, cast.ben.uuid)
    share(cast, Method.EMAIL, "dora@example.net")

    assert {letter.from_email for letter in sent(mailoutbox, clock)} == {"CIMAR <studies@site.example>"}


def test_what_comes_from_a_personal_worklist_comes_from_the_site(cast, mailoutbox, clock, settings):
    settings.DEFAULT_FROM_EMAIL = "CIMAR <studies@site.example>"
    first = share(cast, Method.EMAIL, cast.ed.email).rows[0].share
    sent(mailoutbox, clock).clear()
    there = placement_of(first.study, cast.ed.personal_worklist)
    share(cast, Method.EMAIL, "dora@example.net", [there.uuid], by=cast.ed)

    assert [letter.from_email for letter in sent(mailoutbox, clock)] == ["CIMAR <studies@site.example>"]


@pytest.mark.parametrize(
    "name",
    [
        "Northgate\r\nBcc: all@evil.example",
        'Northgate" <evil@evil.example>',
        "Northgate, evil@evil.example",
        "www.evil.example",
        "St. Mary’s – Zürich 東京",
        "x" * 190,
    ],
)
def test_a_name_is_never_a_header_an_email_or_a_link(name, settings):
    settings.DEFAULT_FROM_EMAIL = "CIMAR <studies@site.example>"
    letter = EmailMessage("Subject", "Text", from_line(name), ["dora@example.net"]).message()

    shown = str(make_header(decode_header(letter["From"])))
    assert getaddresses([letter["From"]])[0][1] == "studies@site.example"
    assert len(getaddresses([letter["From"]])) == 1
    assert sorted(letter.keys()) == sorted(
        EmailMessage("Subject", "Text", "a@b.example", ["dora@example.net"]).message().keys()
    )
    assert "evil.example" not in shown and "evil@" not in shown
    assert " via CIMAR" in shown and len(shown) < 120


def test_a_mail_says_the_last_day_of_the_share(cast, clock):
    until = date(2031, 12, 20)
    services.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.PHYSICIAN, str(cast.ben.uuid)), Target(Method.EMAIL, "dora@example.net")],
        by=acting(cast.ana),
        expires_at=until,
    )

    for message in (mail.study_shared(only("study_shared")), mail.invitation(only("invitation"))):
        assert "The share ends after 20 Dec 2031." in message.text
        assert "The share ends after 20 Dec 2031." in message.html


def test_without_an_end_or_with_several_a_mail_says_no_last_day(cast):
    share(cast, Method.PHYSICIAN, cast.ben.uuid)
    assert "The share ends" not in everything(mail.study_shared(only("study_shared")))
    share(cast, Method.EMAIL, "dora@example.net")
    invited = Invitation.objects.get()
    second = placement_of(make_study(cast.ct), cast.ct)
    services.share_studies(
        placements=[second.uuid],
        targets=[Target(Method.EMAIL, "dora@example.net")],
        by=acting(cast.ana),
        expires_at=date(2031, 12, 20),
    )
    services.resend_invitation(invitation=invited.uuid, by=acting(cast.ana))

    again = OutboxMail.objects.filter(kind="invitation").latest("pk")
    assert "wants to share 2 imaging studies" in mail.invitation(again).text
    assert "The share ends" not in everything(mail.invitation(again))


def test_the_link_of_a_mail_is_a_button_and_nothing_is_fetched(cast):
    share(cast, Method.PHYSICIAN, cast.ben.uuid)
    share(cast, Method.EMAIL, "dora@example.net")

    for message in (mail.study_shared(only("study_shared")), mail.invitation(only("invitation"))):
        assert re.search(r'<a class="button" href="https?://[^"]+">(Sign in|Register) to see', message.html)
        assert "system-ui" in message.html and "color-scheme" in message.html
        assert not re.search(r"<img|<link|url\(|@import|src=", message.html)
