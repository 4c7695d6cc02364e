"""A new URL for a guest link: the row stays, the old URL is dead at once, and its maker is shown the new URL once."""

import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import F
from django.urls import reverse

from accounts.models import OutboxMail, Role
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing import services
from sharing.guest_mail import guest_link
from sharing.models import GuestLink
from sharing.selectors import guest_links, shlinks
from sharing.services import guest_visits
from sharing.services.shlinks import open_manifest
from tests.cast import Cast, acting
from tests.overlap import at_once
from tests.sharing.guests import Visitor, made
from tests.sharing.share_pages import text
from worklists.services import change_role

with_database = pytest.mark.django_db


def renewed(link: GuestLink, by: Any, generation: int = 1) -> GuestLink:
    return services.renew_guest_link(link=link.uuid, generation=generation, by=acting(by))


@with_database
def test_the_old_url_is_dead_at_once_and_the_link_is_as_it_was(cast: Cast) -> None:
    link = made(cast, password="violet-42", most_openings=3, may_download=True, recipient_name="Dr Lee")
    guest_visits.open_link(link=link, password="violet-42")
    old, old_manifest = guest_links.token_of(link), shlinks.token_of(link)

    new = renewed(link, cast.ana)

    assert guest_visits.find(token=old) is None
    assert guest_visits.resume(link=link.uuid, generation=1) is None
    found = guest_visits.find(token=guest_links.token_of(new))
    assert found is not None
    kept = (
        "pk",
        "password",
        "openings",
        "most_openings",
        "may_download",
        "expires_at",
        "made_at",
        "recipient_name",
    )
    link.refresh_from_db()
    assert [getattr(found, name) for name in kept] == [getattr(link, name) for name in kept]
    assert (found.openings, found.generation) == (1, 2)
    assert shlinks.token_of(new) != old_manifest
    event = AuditEvent.objects.get(action=Action.GUEST_LINK_RENEW)
    assert (event.by_id, event.detail["guest_link"]) == (cast.ana.pk, str(link.uuid))
    assert (event.study_id, event.in_original) == (cast.study.pk, True)


@with_database
def test_the_old_health_link_is_dead_and_the_new_opens(cast: Cast) -> None:
    link = made(cast)
    old = shlinks.token_of(link)

    new = renewed(link, cast.ana)

    with pytest.raises(services.NothingThere):
        open_manifest(token=old, recipient="an app")
    assert open_manifest(token=shlinks.token_of(new), recipient="an app") is not None


@with_database
def test_a_form_that_is_sent_twice_makes_one_url(cast: Cast) -> None:
    link = made(cast)

    first, again = renewed(link, cast.ana), renewed(link, cast.ana)

    assert (first.generation, again.generation) == (2, 2)
    assert AuditEvent.objects.filter(action=Action.GUEST_LINK_RENEW).count() == 1
    with pytest.raises(ValidationError):
        renewed(link, cast.ana, generation=7)
    assert renewed(link, cast.ana, generation=2).generation == 3
    with pytest.raises(ValidationError):
        renewed(link, cast.ana, generation=1)


@with_database
def test_only_the_maker_has_a_new_url_and_only_while_they_may_make_links(cast: Cast) -> None:
    link = made(cast)
    role = Role.objects.get(account=cast.northgate, name="Radiologist")

    with pytest.raises(PermissionDenied, match="Only the person who made"):
        renewed(link, cast.adam)
    with pytest.raises(services.NothingThere):
        renewed(link, cast.nolan)
    change_role(role=role, permissions=["list_studies", "open_study"], by=OPERATOR)
    with pytest.raises((PermissionDenied, ValidationError)):
        renewed(link, cast.ana)
    link.refresh_from_db()
    assert link.generation == 1


@with_database
@pytest.mark.parametrize("over", [{"ended": True}, {"used": True}, {"expired": True}])
def test_what_cannot_be_opened_has_no_new_url(cast: Cast, clock: Any, over: dict[str, bool]) -> None:
    link = made(cast, most_openings=1)
    if "ended" in over:
        services.end_guest_link(link=link.uuid, by=acting(cast.ana))
    elif "used" in over:
        guest_visits.open_link(link=link)
    else:
        clock.move(days=20)

    with pytest.raises(ValidationError):
        renewed(link, cast.ana)

    link.refresh_from_db()
    assert (link.generation, link.renewed_at) == (1, None)


@with_database
def test_who_comes_by_the_old_url_reads_that_it_was_replaced(cast: Cast, clock: Any) -> None:
    link, before, during = made(cast), Visitor(clock), Visitor(clock)
    during.open(link)
    old = f"/guest/{guest_links.token_of(link)}/"
    arrived = Visitor(clock)
    arrived.follow(link)

    renewed(link, cast.ana)

    pages = [
        before.client.get(old),
        arrived.client.get(f"/guest/{link.uuid}/"),
        during.client.get(f"/guest/{link.uuid}/"),
    ]
    assert [page.status_code for page in pages] == [410, 410, 410]
    for page in pages:
        assert "This link was replaced by another." in text(page)
        assert cast.northgate.name not in text(page)


@with_database
def test_the_page_shows_the_new_url_once_with_its_code(client: Any, cast: Cast, clock: Any) -> None:
    link = made(cast, recipient_name="Dr Lee", recipient_email="lee@example.net")
    clock.move(hours=5)
    letter = reverse("sharing:guest_letter", args=[link.uuid])
    client.force_login(cast.ana)
    url = reverse("sharing:renew_guest_link", args=[link.uuid])
    assert url in text(client.get(reverse("sharing:guest_links")))

    asked = client.get(url)
    shown = client.post(url, {"generation": "1"})

    assert "stops working at once" in text(asked)
    assert "/guest/" not in re.sub(r"/guest-links/", "", text(asked))
    [token] = set(re.findall(r"/guest/([\w.-]+)/", text(shown)))
    new = guest_links.find(token)
    assert new is not None
    assert (new.pk, new.generation) == (link.pk, 2)
    assert 'class="link-qr"' in text(shown)
    assert "shlink:/" in text(shown)
    assert "We are emailing it" not in text(shown)
    assert (shown["Referrer-Policy"], "no-store" in shown["Cache-Control"]) == ("no-referrer", True)
    # The letter can be printed for an hour again.
    assert client.get(letter).status_code == 200
    clock.move(hours=2)
    client.logout()
    client.force_login(cast.ana)
    assert client.get(letter).status_code == 410
    assert token not in text(client.get(reverse("sharing:guest_links")))


@with_database
def test_the_new_url_is_emailed_where_that_is_ticked_and_stands_in_no_row(client: Any, cast: Cast) -> None:
    link = made(cast, recipient_email="lee@example.net")
    first = guest_link(OutboxMail.objects.get(kind="guest_link"))
    client.force_login(cast.ana)
    url = reverse("sharing:renew_guest_link", args=[link.uuid])
    asked = text(client.get(url))
    assert "Email the new URL to" in asked
    assert "checked" not in asked.partition('name="mail"')[2].partition(">")[0]

    shown = text(client.post(url, {"generation": "1", "mail": "on"}))
    again = text(client.post(url, {"generation": "1", "mail": "on"}))

    for page in (shown, again):
        assert "We are emailing it to <bdi>lee@example.net</bdi>" in page
        assert "The old URL no longer works." in page
    [token] = set(re.findall(r"/guest/([\w.-]+)/", shown + again))
    queued = OutboxMail.objects.filter(kind="guest_link", data__link=link.pk).order_by("pk")
    assert [mail.recipient for mail in queued] == ["lee@example.net"] * 2
    assert AuditEvent.objects.filter(action=Action.GUEST_LINK_MAIL).count() == 2
    assert token not in str([*queued.values_list("data"), *AuditEvent.objects.values_list("detail")])
    second = guest_link(queued[1])
    assert token in second.text
    assert token not in first.text
    assert "that earlier email no longer opens the images" in second.text
    assert "that earlier email" not in first.text


@with_database
def test_without_the_tick_nothing_is_emailed_and_without_an_email_nothing_can_be(
    client: Any, cast: Cast
) -> None:
    link, without = made(cast, recipient_email="lee@example.net"), made(cast)
    before = OutboxMail.objects.count()
    client.force_login(cast.ana)

    url = reverse("sharing:renew_guest_link", args=[link.uuid])
    shown = text(client.post(url, {"generation": "1"}))
    assert "We are emailing it" not in shown
    assert OutboxMail.objects.count() == before
    # The same form again, now with the tick: the URL is the same, and it is emailed once.
    for _ in range(2):
        assert "We are emailing it" in text(client.post(url, {"generation": "1", "mail": "on"}))
    assert OutboxMail.objects.count() == before + 1

    url = reverse("sharing:renew_guest_link", args=[without.uuid])
    assert "Email the new URL" not in text(client.get(url))
    with pytest.raises(ValidationError, match="no email address"):
        services.renew_guest_link(link=without.uuid, generation=1, by=acting(cast.ana), mail=True)
    without.refresh_from_db()
    assert (without.generation, OutboxMail.objects.count()) == (1, before + 1)


@with_database
def test_another_persons_link_is_not_offered_a_new_url(client: Any, cast: Cast) -> None:
    link = made(cast)
    client.force_login(cast.adam)

    page = text(client.get(reverse("sharing:guest_links"), {"everyones": "1"}))

    assert reverse("sharing:end_guest_link", args=[link.uuid]) in page
    assert reverse("sharing:renew_guest_link", args=[link.uuid]) not in page


@pytest.mark.django_db(transaction=True)
def test_of_many_presses_at_once_each_answer_is_the_url_that_works(cast: Cast) -> None:
    link = made(cast)

    answers = at_once([lambda: renewed(link, cast.ana)] * 5 + [lambda: renewed(link, cast.ana, 2)])

    link.refresh_from_db()
    assert link.generation in (2, 3)
    urls = [answer for answer in answers if isinstance(answer, GuestLink)]
    assert urls
    assert len(answers) == 6
    assert all(isinstance(answer, GuestLink | ValidationError) for answer in answers)
    made_anew = AuditEvent.objects.filter(action=Action.GUEST_LINK_RENEW)
    assert made_anew.count() == link.generation - 1


@with_database
def test_the_database_gives_no_ended_link_a_new_url_and_no_old_url_back(cast: Cast) -> None:
    link = renewed(made(cast), cast.ana)
    with pytest.raises(DatabaseError), transaction.atomic():
        GuestLink.objects.filter(pk=link.pk).update(generation=1)
    services.end_guest_link(link=link.uuid, by=acting(cast.ana))
    with pytest.raises(DatabaseError), transaction.atomic():
        GuestLink.objects.filter(pk=link.pk).update(generation=F("generation") + 1)
