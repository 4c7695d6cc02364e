"""The manual says what the product says: its links lead somewhere, its pictures are made, its labels are on a page."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = settings.BASE_DIR
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
# Written for people who press buttons: what stands there in bold is a label of a page.
MANUALS = [ROOT / "docs" / name for name in ("clinician.md", "administrator.md")]
# A row of a walk: the file, the calling file where that is not the file of the row above, the name.
STEP = re.compile(r"\| `([^`]+)`(?:, in `([^`]+)`)? \| `(\w+)` \|")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)")


def words_of_the_product() -> str:
    files = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("templates/**/*.txt"), *ROOT.glob("*/**/*.py")]
    apps = (
        "templates",
        "administration",
        "cimar",
        "common",
        "audit",
        "accounts",
        "worklists",
        "studies",
        "sharing",
    )
    return "\n".join(file.read_text() for file in files if file.relative_to(ROOT).parts[0] in apps)


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_links_lead_somewhere(document: Path) -> None:
    local = [link for link in LINK.findall(document.read_text()) if "://" not in link]
    assert [link for link in local if not (document.parent / link).exists()] == []


def steps_of_walks() -> list[tuple[str, str, str]]:
    """File, name, and the file that calls it, empty for the first step of a walk."""
    steps, before = [], ""
    for line in (ROOT / "docs" / "walks.md").read_text().splitlines():
        if line.startswith("## "):
            before = ""
        if step := STEP.match(line):
            file, caller, name = step.groups()
            steps.append((file, name, caller or before))
            before = file
    return steps


@pytest.mark.parametrize(("file", "name", "caller"), steps_of_walks())
def test_a_walk_through_the_code_can_be_followed(file: str, name: str, caller: str) -> None:
    assert re.search(rf"^(def|class) {name}\b", (ROOT / file).read_text(), re.MULTILINE)
    calls = re.compile(rf"^(?!def |class ).*\b{name}\b", re.MULTILINE)
    assert not caller or calls.search((ROOT / caller).read_text())


def test_every_picture_is_shown_and_made_by_a_journey() -> None:
    kept = {file.name for file in (ROOT / "docs" / "images").glob("*.png")}
    shown = {
        Path(link).name
        for document in PAGES
        for link in LINK.findall(document.read_text())
        if "images/" in link
    }
    journeys = "\n".join(file.read_text() for file in (ROOT / "tests" / "browser").glob("*.py"))
    made = {f"{one}.png" for one in re.findall(r'\bpicture\("([\w-]+)"', journeys)}
    assert kept == shown == made


@pytest.mark.parametrize("document", [document for document in MANUALS if document.exists()], ids=name)
def test_labels_in_bold_are_on_a_page(document: Path) -> None:
    product = words_of_the_product()
    labels = set(re.findall(r"\*\*([^*]+)\*\*", document.read_text()))
    assert [label for label in sorted(labels) if label not in product] == []


@pytest.mark.django_db
def test_the_page_of_permissions_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("describe_permissions")
    assert (ROOT / "docs" / "permissions.md").read_text() == capsys.readouterr().out
