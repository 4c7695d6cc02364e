"""What was promised to an address reaches the person who proves it is theirs."""

import re

from django.test import Client

from accounts.models import OutboxMail, User
from accounts.services import outbox
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies.selectors import placements_visible_to
from tests.cast import acting
from tests.factories import PASSWORD, make_user

ADDRESS = "hazel@elsewhere.example"


def share_by_email(cast, address=ADDRESS):
    target = Target(method=Method.EMAIL, value=address)
    return share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana))


def test_who_registers_on_an_invitation_finds_the_study(client, cast, mailoutbox):
    share_by_email(cast)
    outbox.deliver_waiting()
    client.get(re.search(r"http://[^/]+(/invitations/\S+/)", mailoutbox[0].body)[1])
    client.post("/register/", {"name": "Hazel Moss", "password": "tall green hedges"})
    outbox.deliver_waiting()
    code = next(found[1] for mail in mailoutbox if (found := re.search(r"Your code is (\d{6})", mail.body)))
    client.post("/register/code/", {"code": code})
    hazel = User.objects.get(email=ADDRESS)
    assert [placement.study for placement in placements_visible_to(acting(hazel))] == [cast.study]


def test_who_has_an_account_already_finds_the_study_at_the_next_sign_in_once_the_address_is_proved(
    cast, mailoutbox
):
    hazel = make_user("Hazel Moss", email=ADDRESS, verified=False)
    share_by_email(cast)
    client = Client()
    client.post("/sign-in/login/", {"login": ADDRESS, "password": PASSWORD})
    assert not placements_visible_to(acting(hazel)).exists()
    outbox.deliver_waiting()
    code = next(found[1] for mail in mailoutbox if (found := re.search(r"Your code is (\S+)", mail.body)))
    client.post("/sign-in/confirm-email/", {"code": code})
    assert [placement.study for placement in placements_visible_to(acting(hazel))] == [cast.study]


def test_neither_the_outbox_nor_a_mail_holds_anything_about_a_patient(cast, mailoutbox):
    share_by_email(cast)
    share_by_email(cast, cast.ben.email)
    rows = list(OutboxMail.objects.values())
    assert len(rows) == 2
    outbox.deliver_waiting()
    assert len(mailoutbox) == 2
    sent = str([mail.message() for mail in mailoutbox]) + str([mail.alternatives for mail in mailoutbox])
    family, given = cast.study.patient_name.split("^")
    for value in (family, given, cast.study.study_instance_uid):
        assert value not in str(rows) + sent
