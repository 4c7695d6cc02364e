"""A share ends while its recipients have the study open: gone on their next request, with all that hung on it."""

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import expect

from sharing import services
from sharing.models import Method
from sharing.targets import Target
from studies.models import Placement
from tests.browser.steps import LOOKS, US_PATIENT, Hospital, Person
from tests.cast import acting


@pytest.fixture
def passed_on(hospital: Hospital) -> None:
    """Ana shared with Emergency; Ben there with Riverside, by code, and Caro there with her clinic's surgeons."""
    cast = hospital.cast

    def share(by: object, worklist: object, target: Target) -> UUID:
        placement = hospital.placement(hospital.us, worklist)
        return services.share_studies(placements=[placement.uuid], targets=[target], by=acting(by)).press

    share(cast.ana, cast.ct, Target(Method.LOCATION, str(cast.emergency.uuid)))
    share(cast.ben, cast.emergency, Target(Method.CODE, "RIVERSIDE"))
    share(cast.caro, cast.imaging, Target(Method.GROUP, str(cast.orthopaedics.uuid)))


def test_a_share_ends_while_the_study_is_open(
    hospital: Hospital, passed_on: None, come: Callable[..., Person]
) -> None:
    cast = hospital.cast
    ben, caro = come(cast.ben), come(cast.caro)
    ben.open_worklist("Emergency")
    ben.open_study(US_PATIENT)
    ben.sees_an_image()
    bens = ben.path
    caro.open_worklist("Riverside Imaging")
    caro.open_study(US_PATIENT)
    caro.sees_an_image()
    caros = caro.path

    # Ana reads in numbers what goes, and ends it.
    ana = come(cast.ana)
    ana.open_worklist("CT Reporting")
    ana.open_study(US_PATIENT)
    ana.page.get_by_role("link", name="Access", exact=True).click()
    ana.look("access")
    ana.page.get_by_role("link", name="End the share with Emergency").click()
    expect(ana.dialog.get_by_role("heading", name="End the share")).to_be_focused()
    goes = ana.dialog.get_by_role("listitem")
    expect(goes).to_contain_text([US_PATIENT, "2 worklists of other organisations"])
    expect(goes.first).to_contain_text("Shared with Emergency, Northgate Hospital")
    ana.look("end")
    ana.dialog.get_by_role("button", name="End the share").click()
    expect(ana.page.get_by_role("status").first).to_contain_text("1 share ended, and 2 shares with it.")
    expect(ana.page.get_by_role("link", name="End the share with Emergency")).to_have_count(0)

    # Ben leafs on: the image is refused, and the page says so.
    instance = hospital.us.instances.get()
    frames = f"404 {bens}instances/{instance.uuid}/frames"
    ben.page.get_by_role("slider", name="Image").focus()
    ben.page.keyboard.press("End")
    ben.sees_nothing_there()
    ben.look("ended", LOOKS[1:3])
    # The image beside is fetched ahead; it may not have been answered before the page was left.
    ben.meant(f"{frames}/30.png", f"404 {bens}", perhaps=[f"{frames}/29.png"])
    # Caro presses a link.
    caro.page.get_by_role("link", name="Details").click()
    caro.sees_nothing_there()
    caro.meant(f"404 {caros}details/")

    # Nobody's list has it any more; it stays at home.
    for person, worklist in ((ben, "Emergency"), (caro, "Riverside Imaging")):
        person.open_worklist(worklist)
        expect(person.page.get_by_role("link", name=US_PATIENT)).to_have_count(0)
    assert list(Placement.objects.filter(study=hospital.us)) == [hospital.placement(hospital.us)]
    ana.page.get_by_role("link", name="Audit trail").click()
    expect(ana.page.get_by_role("table")).to_contain_text("ended the share")
    ana.look("trail", LOOKS[1:3])
