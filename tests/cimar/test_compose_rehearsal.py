"""What the rehearsal of the compose file (bin/rehearse-compose) reads, and when it is due."""

from pathlib import Path

import pytest

from cimar.installation import CHECKOUT
from tests.containers import manual, marker, rehearsal, standins
from tests.containers.engine import Failed
from tests.containers.people import Page


def test_the_commands_are_those_of_the_manual() -> None:
    commands = manual.commands("Install")

    assert commands[0].startswith("git clone")
    assert "docker compose up --detach" in commands
    assert [line for line in commands if "#" in line] == []
    assert manual.commands("Upgrade")[-1] == "deploy/upgrade"


def test_a_heading_without_commands_is_refused() -> None:
    with pytest.raises(Failed, match="no commands below the heading What runs"):
        manual.commands("What runs")


def test_the_commands_of_a_restore_are_those_of_the_manual() -> None:
    commands = manual.commands("On a new machine", manual.OPERATIONS)

    assert commands[0].startswith("git clone")
    assert commands[-2:] == [
        "docker compose run --rm -T backup bin/restore /backups/cimar",
        "docker compose up --detach",
    ]


def test_the_manual_names_every_step_of_the_rehearsal() -> None:
    page = manual.PAGE.read_text()

    assert [name for name in rehearsal.STEPS if f"| `{name}` |" not in page] == []


def test_a_file_of_settings_is_read(tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text("# CIMAR_VERSION=no\nCIMAR_VERSION=0.1.0\n")

    assert manual.value(env, "CIMAR_VERSION") == "0.1.0"
    with pytest.raises(Failed, match="env does not set CIMAR_NO_SUCH"):
        manual.value(env, "CIMAR_NO_SUCH")


def test_the_settings_for_a_try_are_those_of_the_manual() -> None:
    quoted = manual.quoted("To look at it without a mail server")

    assert "EMAIL_HOST=mail" in quoted
    assert "docker compose --profile dev up --detach" in quoted


def test_only_settings_that_the_example_names_are_filled_in() -> None:
    example = (CHECKOUT / "deploy" / "env.example").read_text()

    filled = manual.filled(example, {"EMAIL_HOST": "mail"})

    assert "\nEMAIL_HOST=mail\n" in filled
    with pytest.raises(Failed, match=r"does not name CIMAR_NO_SUCH"):
        manual.filled(example, {"CIMAR_NO_SUCH": "1"})


def test_something_stands_for_every_image() -> None:
    wanted = standins.wanted()

    assert {standins.target_of(image) for image in wanted} == set(standins.TARGETS.values())
    with pytest.raises(Failed, match="Nothing stands for the image redis:8"):
        standins.target_of("redis:8")


def test_every_stand_in_is_described_in_the_manual() -> None:
    page = manual.PAGE.read_text()

    assert [image for image in standins.TARGETS if f"| `{image}` |" not in page] == []


def test_a_rehearsal_is_due_when_what_it_rests_on_has_changed(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / ".ci").mkdir()
    (tmp_path / "deploy" / "run").write_text("one")
    (tmp_path / "README.md").write_text("one")
    before = marker.is_green(marker.state(tmp_path), tmp_path)
    marker.set_green(marker.state(tmp_path), tmp_path)

    (tmp_path / "README.md").write_text("two")
    still = marker.is_green(marker.state(tmp_path), tmp_path)
    (tmp_path / "deploy" / "run").write_text("two")

    assert (before, still) == (False, True)
    assert not marker.is_green(marker.state(tmp_path), tmp_path)


def test_a_form_is_sent_as_a_browser_would() -> None:
    page = Page(
        200,
        "/there/",
        b'<form action="/other/"><input name="q"></form>'
        b'<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="a&amp;b">'
        b'<input type="checkbox" name="no"><input type="checkbox" name="yes" checked>'
        b'<input name="login" value=""><button name="press" type="submit">Go</button></form>',
    )

    assert page.form("login") == ("/there/", {"csrfmiddlewaretoken": "a&b", "yes": "on", "login": ""})
