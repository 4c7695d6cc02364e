"""Without the right to share by email, no page names the colleague who has an email."""

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from sharing.models import Method, Share
from studies.models import Placement
from tests.factories import make_study, placement_of
from tests.sharing.dialog_pages import HTMX
from tests.sharing.share_pages import share

pytestmark = pytest.mark.django_db

NAME = "Zebedee Quibble"
# Each has one other method of sharing alone, or none: none has the right to share by email.
WITHOUT = ("lois", "gus", "phil", "cody")


@pytest.fixture
def colleague(cast):
    """Ben under a name that no other word of a page contains; his email says nothing of it."""
    cast.ben.name, cast.ben.email = NAME, "desk.7@northgate.example"
    cast.ben.save(update_fields=["name", "email"])
    cast.ben.emailaddress_set.update(email=cast.ben.email)
    return cast.ben


def dialog_answers(client, placement, email):
    """All answers of the share dialog that an email can be sent to, as a page and as a part."""
    base = {"placement": placement}
    check, press = reverse("sharing:share_check"), reverse("sharing:share_studies")
    for more in (
        {"email": email},
        {"new_email": email},
        {"email": email, "new_email": email},
        {"again": f"email:{email}"},
    ):
        yield client.post(check, {**base, **more})
        for part in ("share-emails", "share-physicians", "share-codes"):
            yield client.post(check, {**base, **more}, headers={**HTMX, "HX-Target": part})
        yield client.post(press, {**base, **more})
    # The refusals of a press, and the form that comes back.
    yield client.post(press, {**base, "email": email, "until": "never"})
    yield client.post(press, {**base, "email": email}, headers=HTMX)
    yield client.post(check, {**base, "step": "last"})
    yield client.get(reverse("sharing:share"), base, headers=HTMX)


@pytest.mark.parametrize("name", WITHOUT)
def test_no_colleagues_name_is_shown_without_the_email_right(client, cast, colleague, name):
    person = getattr(cast, name)
    # Shared by that email before, by the reader themselves when their role allowed it.
    made = share(cast.ana, cast.placement, Method.EMAIL, colleague.email)
    Share.objects.filter(pk=made.pk).update(shared_by=person)
    other = str(placement_of(make_study(cast.ct), cast.ct).uuid)
    client.force_login(person)
    shares = Share.objects.count()

    answers = list(dialog_answers(client, other, colleague.email))
    assert len(answers) > 20
    for answer in answers:
        assert NAME not in answer.content.decode()
        assert "Quibble" not in answer.content.decode()

    assert Share.objects.count() == shares


@pytest.mark.parametrize("name", WITHOUT)
def test_the_lists_of_what_one_shared_show_the_email_alone(client, cast, colleague, name):
    person = getattr(cast, name)
    made = share(cast.ana, cast.placement, Method.EMAIL, colleague.email)
    Share.objects.filter(pk=made.pk).update(shared_by=person)
    client.force_login(person)
    pages = [
        client.get(reverse("sharing:shared_by_me")),
        client.get(reverse("sharing:invitations")),
        client.get(reverse("sharing:change", args=[made.uuid])),
        client.get(reverse("sharing:end"), {"share": str(made.uuid)}),
        client.get(reverse("sharing:pressed", args=[made.press])),
    ]
    csv = b"".join(client.get(reverse("sharing:shared_by_me_csv")).streaming_content)

    assert colleague.email in pages[0].content.decode()
    for shown in (*(page.content for page in pages), csv):
        assert "Quibble" not in shown.decode()


def test_with_the_right_the_dialog_names_the_colleague(client, cast, colleague):
    client.force_login(cast.erin)

    page = client.post(
        reverse("sharing:share_check"), {"placement": str(cast.placement.uuid), "email": colleague.email}
    )

    assert NAME in page.content.decode()
    assert AuditEvent.objects.filter(study_id=cast.study.pk).exists()


def test_a_person_outside_the_account_reads_no_name_behind_an_email(client, cast, colleague):
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    own = Placement.objects.get(worklist=cast.ed.personal_worklist)
    client.force_login(cast.ed)

    answers = list(dialog_answers(client, str(own.uuid), colleague.email))
    assert len(answers) > 20
    for answer in answers:
        assert "Quibble" not in answer.content.decode()
