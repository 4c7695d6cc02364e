"""What many meet each day: a trail with repeats, news on other worklists, a time zone, an invitation, and its mail."""

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import AccountMembership, Invitation, OutboxMail, User
from accounts.services.invitations import note_opening
from audit.actor import OPERATOR, Actor
from sharing import mail as sharing_mail
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from tests.browser.axe import violations
from tests.browser.steps import Hospital, Mail, Person
from tests.cast import acting
from tests.factories import make_study, placement_of
from worklists.services import add_worklist_member

TWO = [("light", 1280), ("dark", 390)]


def test_repeats_in_a_trail_are_a_line_that_opens_by_the_keyboard(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    there = placement_of(hospital.ct, hospital.cast.ct)
    for _ in range(3):
        ana.go(reverse("sharing:access", args=[there.uuid]))
    ana.go(reverse("studies:trail", args=[there.uuid]))

    repeats = ana.page.locator("summary", has_text="3 times within a minute").first
    expect(repeats).to_be_visible()
    ana.look("trail-folded", TWO)
    ana.tab_to(repeats)
    ana.page.keyboard.press("Enter")
    expect(ana.page.locator("details[open] li")).to_have_count(3)
    ana.look("trail-opened", TWO)


def test_the_first_page_says_what_is_new_on_other_worklists(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    cast = hospital.cast
    add_worklist_member(worklist=cast.emergency, user=cast.ana, role=None, by=OPERATOR)
    ana = come(cast.ana)
    ana.go(reverse("studies:worklist", args=[cast.emergency.uuid]))
    ana.go(reverse("studies:worklist", args=[cast.ct.uuid]))
    for number in range(3):
        make_study(cast.emergency, patient_name=f"New^Number{number}")

    ana.go("/")

    expect(ana.page.locator("summary", has_text="Change worklist")).to_contain_text("3 new elsewhere")
    ana.look("news-elsewhere", TWO)


def test_a_time_zone_is_typed_and_an_old_name_understood(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.go(reverse("worklists:profile"))
    field = ana.page.get_by_label("Time zone")
    expect(field).to_have_value("Europe/London")
    ana.look("profile-zone", TWO)

    field.fill("Atlantis")
    field.press("Enter")
    expect(ana.page.get_by_text("Choose a time zone from the list.").first).to_be_visible()
    ana.meant("422 /profile/details/")
    ana.look("profile-no-zone", TWO)
    ana.page.get_by_label("Time zone").fill("buenos aires")
    ana.page.get_by_label("Time zone").press("Enter")

    expect(ana.page.get_by_label("Time zone")).to_have_value("America/Argentina/Buenos Aires")
    assert User.objects.get(pk=hospital.cast.ana.pk).timezone == "America/Argentina/Buenos_Aires"


def test_a_person_is_put_on_worklists_from_their_own_page(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    cast = hospital.cast
    adam = come(cast.adam)
    member = AccountMembership.objects.get(user=cast.vera)
    adam.go(reverse("admin:accounts_accountmembership_change", args=[member.pk]))
    adam.look("person", TWO)
    adam.page.get_by_role("link", name="Add to worklists").click()

    adam.page.get_by_label("Add to Emergency").check()
    adam.page.get_by_label("Add to Chest Clinic").check()
    adam.look("person-worklists", TWO)
    adam.page.get_by_role("button", name="Add to selected worklists").click()

    expect(adam.page.get_by_text("Vera was added to 2 worklists.")).to_be_visible()


def test_an_invitation_its_mail_and_what_became_of_it(
    hospital: Hospital, come: Callable[..., Person], mail: Mail
) -> None:
    cast = hospital.cast
    share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.EMAIL, "dora@example.net"), Target(Method.PHYSICIAN, str(cast.ben.uuid))],
        by=acting(cast.ana),
    )
    OutboxMail.objects.update(due_at="2026-01-01T00:00:00Z")
    assert len(mail.to("dora@example.net")) == 1
    note_opening(invitation=Invitation.objects.get(), by=Actor.stranger("203.0.113.7"))
    ana = come(cast.ana)

    ana.go(reverse("sharing:invitations"))

    expect(ana.page.get_by_role("columnheader", name="Last emailed")).to_be_visible()
    expect(ana.page.get_by_text("not yet")).to_have_count(0)
    ana.look("invitations", TWO)
    reader = come()
    for kind, written in (
        ("invitation", sharing_mail.invitation),
        ("study_shared", sharing_mail.study_shared),
    ):
        reader.page.set_content(written(OutboxMail.objects.filter(kind=kind).latest("pk")).html)
        for scheme, width in TWO:
            reader.page.emulate_media(color_scheme=scheme)
            reader.page.set_viewport_size({"width": width, "height": 700})
            # A mail is no page: it has no title, and what is best practice for landmarks is not asked of it.
            asked = {"runOnly": ["wcag2a", "wcag2aa"], "rules": {"document-title": {"enabled": False}}}
            assert violations(reader.page, **asked) == []
            reader.photograph(reader.pictures / f"journey-mail-{kind}-{scheme}-{width}.png")
