"""At 400 % zoom a window of 1280 px is 320 px wide for the page: nothing is cut off or scrolled sideways."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sharing.models import Method
from sharing.services import make_guest_link, share_studies
from sharing.targets import Target
from tests.browser.steps import CT_PATIENT, Hospital, Person
from tests.browser.zoom import ZOOMED, faults_of, zoomed
from tests.cast import acting


def urls(hospital: Hospital) -> dict[str, str]:
    placement = hospital.placement(hospital.ct).uuid
    one = f"?placement={placement}"
    return {
        "list": reverse("studies:worklist", args=[hospital.cast.ct.uuid]),
        "worklists": reverse("studies:worklists"),
        "upload": reverse("studies:upload", args=[hospital.cast.ct.uuid]),
        "study": reverse("studies:study", args=[placement]),
        "access": reverse("sharing:access", args=[placement]),
        "trail": reverse("studies:trail", args=[placement]),
        "details": reverse("studies:details", args=[placement]),
        "share": reverse("sharing:share") + one,
        "delete": reverse("sharing:delete") + one,
        "shared-by-me": reverse("sharing:shared_by_me"),
        "invitations": reverse("sharing:invitations"),
        "guest-links": reverse("sharing:guest_links"),
        "guest-links-of-study": reverse("sharing:study_guest_links", args=[placement]),
        "new-guest-link": reverse("sharing:new_guest_link") + one,
        "profile": reverse("worklists:profile"),
        "memberships": reverse("sharing:memberships"),
        "sessions": reverse("accounts:sessions"),
        "second-factor": reverse("accounts:second_factor"),
        "code": reverse("sharing:with_code", args=["RIVERSIDE"]),
        **{name: reverse(name) for name in ("manual", "contact", "privacy", "accessibility")},
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_main_pages_at_400_percent(hospital: Hospital, come: Callable[..., Person], scheme: Any) -> None:
    targets = [
        Target(Method.LOCATION, str(hospital.cast.emergency.uuid)),
        Target(Method.PHYSICIAN, str(hospital.phoebe.uuid)),
        Target(Method.EMAIL, "a.very.long.name.of.a.person@an-equally-long-domain-of-a-practice.example"),
    ]
    share_studies(
        placements=[hospital.placement(hospital.ct).uuid], targets=targets, by=acting(hospital.cast.ana),
        note="Is there a second lesion beside the first, or is it the vessel?",
    )  # fmt: skip
    make_guest_link(
        placements=[hospital.placement(hospital.ct).uuid], by=acting(hospital.cast.ana), password="violet-42",
        recipient_email="a.very.long.name.of.a.person@an-equally-long-domain-of-a-practice.example",
    )  # fmt: skip
    stranger, ana = come(), come(hospital.cast.ana)
    for person in (stranger, ana):
        zoomed(person, scheme)
    stranger.go(reverse("account_login"))
    faults = faults_of(stranger, f"sign-in-{scheme}")
    for name, url in urls(hospital).items():
        ana.go(url)
        faults += faults_of(ana, f"{name}-{scheme}")
    assert faults == []


def test_a_study_is_shared_and_a_share_ended_at_400_percent(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.page.set_viewport_size(ZOOMED)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    ana.add_address("dora@example.net")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    dialog.get_by_role("link", name="Done").click()

    ana.go(reverse("sharing:shared_by_me"))
    ana.page.get_by_role("checkbox", name="Select the share with Emergency").check()
    ana.page.get_by_role("button", name="End shares").click()
    dialog.get_by_role("button", name="End the share").click()
    expect(ana.page.get_by_role("status").first).to_contain_text("1 share ended")
