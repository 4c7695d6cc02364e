"""The texts of mails and sentences about memberships and roles go through their translation marks."""

import re
from typing import Any

import pytest

from accounts.models import OutboxMail
from tests.cast import Cast, acting
from tests.common.test_marks import brackets, names, unmarked  # noqa: F401 - a fixture among them
from tests.factories import role_of
from tests.staff_invitations import ADDRESS, invite, offer
from worklists import mail, permission_texts, selectors, services

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("brackets")]
URL = re.compile(r"https?://[^\s<\"⟧]*")


class Text:
    """A text in the place of a page."""

    status_code = 200

    def __init__(self, text: str) -> None:
        self.content = text.encode()


def bare(cast: Cast, *texts: str) -> list[str]:
    return [line for text in texts for line in unmarked(Text(URL.sub("", text)), *names(cast), ADDRESS)]


@pytest.mark.parametrize("who", ["registered", "not registered"])
def test_a_mail(cast: Cast, who: str) -> None:
    email = cast.ed.email if who == "registered" else ADDRESS
    invite(cast, offer(cast, email, "Viewer", (cast.ct, None)))
    message: Any = mail.staff_invitation(OutboxMail.objects.get(kind="staff_invitation"))

    assert bare(cast, message.subject, message.text, message.html) == []


@pytest.mark.parametrize("who", ["registered", "not registered"])
def test_the_mail_of_an_invitation_to_send_studies(cast: Cast, who: str) -> None:
    services.set_inbox(worklist=cast.emergency, inbox=cast.chest, by=acting(cast.adam))
    email = cast.ed.email if who == "registered" else ADDRESS
    services.invite_to_upload(worklist=cast.emergency, email=email, by=acting(cast.adam))
    message: Any = mail.upload_invitation(OutboxMail.objects.get(kind="upload_invitation"))

    assert bare(cast, message.subject, message.text, message.html) == []


def test_the_checklist_of_permissions(cast: Cast) -> None:
    areas = permission_texts.checklist()
    lines = [line for area in areas for top in area.lines for line in (top, *top.children)]

    assert bare(cast, *(area.name for area in areas)) == []
    assert bare(cast, *(text for line in lines for text in (line.label, line.text))) == []


def test_what_a_role_keeps_and_what_a_change_does(cast: Cast) -> None:
    role = role_of(cast.northgate, "Administrator")
    effect = selectors.effect_of(role, {"list_studies"})

    assert bare(cast, *selectors.why_role_stays(role), *selectors.in_numbers(effect)) == []
    assert bare(cast, *(holder.where for holder in selectors.holders_of(role).people)) == []


def test_an_event_keeps_the_label_itself() -> None:
    assert permission_texts.recorded_labels(["open_study"]) == ["Studies: Open images"]
    assert permission_texts.labels(["open_study"]) == ["⟦Studies: Open images⟧"]
