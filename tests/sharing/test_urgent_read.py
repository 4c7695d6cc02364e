"""What people read of urgent shares, and who may be a contact."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import OutboxMail
from audit.actions import Action
from audit.models import AuditEvent
from sharing.mail import invitation, study_shared
from sharing.notice_mail import notice as render_notice
from sharing.selectors.notices import notices_of
from sharing.services.urgent import escalate_urgent
from tests.cast import acting
from tests.sharing.urgent import (
    email,
    new_colleague,
    notified,
    physician,
    set_contacts,
    share_urgent,
)
from worklists.services import (
    remove_worklist_member,
    set_urgent_contacts,
)

pytestmark = pytest.mark.django_db


def test_the_sentences_name_no_patient_and_the_time_is_in_the_readers_zone(cast, clock):
    cast.ben.timezone = "America/New_York"
    cast.ben.save(update_fields=["timezone"])
    set_contacts(cast, cast.ben)
    share_urgent(cast)
    clock.move(hours=2)
    escalate_urgent()

    [to_contact], [to_sharer] = notified(cast.ben), notified(cast.ana)
    assert to_contact.startswith("Urgent: no one has opened what Ana shared with Emergency.")
    assert to_contact.endswith("(America/New York).")
    assert to_sharer.startswith("Your urgent share with Emergency")
    texts = [render_notice(waiting).text for waiting in OutboxMail.objects.filter(kind="notice")]
    assert len(texts) == 2
    for text in texts:
        assert "It cannot be switched off" in text
        assert "Quill" not in text and "Hazel" not in text


def test_the_mail_of_a_press_says_that_it_is_urgent_and_until_when(cast):
    share_urgent(cast, email(cast.ed.email), email("dora@example.net"))

    registered = study_shared(OutboxMail.objects.get(kind="study_shared"))
    invited = invitation(OutboxMail.objects.get(kind="invitation"))
    for message in (registered, invited):
        assert message.subject.startswith("Urgent: Ana ")
        assert "Urgent: to be opened by " in message.text
        assert "Urgent: to be opened by " in message.html


def test_the_bell_says_that_it_is_urgent(cast):
    share_urgent(cast, physician(cast.ben))

    [line] = notices_of(acting(cast.ben)).lines
    assert line.sentence.startswith("Urgent, to be opened by ")


# --- Contacts


def test_contacts_are_people_who_see_the_studies(cast):
    def set_to(*emails: str, wait: int = 30):
        return set_urgent_contacts(worklist=cast.emergency, emails=emails, wait=wait, by=acting(cast.adam))

    assert set_to(cast.ben.email, cast.adam.email.upper())
    assert not set_to(cast.ben.email, cast.adam.email)
    for email_of, wait, field in (
        (cast.caro.email, 30, "emails"),
        ("nobody@example.net", 30, "emails"),
        (cast.ben.email, 4, "wait"),
        (cast.ben.email, 1441, "wait"),
    ):
        with pytest.raises(ValidationError) as refusal:
            set_to(email_of, wait=wait)
        assert list(refusal.value.error_dict) == [field]
    assert set_to(cast.ben.email, wait=5)
    changed = AuditEvent.objects.filter(action=Action.URGENT_CONTACTS)
    assert [event.detail["wait"] for event in changed.order_by("pk")] == [30, 5]


def test_a_contact_who_left_may_stay_in_the_order(cast):
    ida = new_colleague(cast, "Ida")
    set_contacts(cast, ida, cast.ben)
    remove_worklist_member(membership=ida.worklist_memberships.get(), by=acting(cast.adam))

    set_contacts(cast, cast.ben, ida)

    assert list(cast.emergency.urgent_contacts.order_by("position").values_list("user", flat=True)) == [
        cast.ben.pk,
        ida.pk,
    ]
