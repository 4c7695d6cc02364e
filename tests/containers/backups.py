"""A backup of one installation, restored into another that has nothing yet: by the commands of docs/operations.md."""

import shutil

from tests.containers import manual, sharing, steps
from tests.containers.engine import Failed
from tests.containers.installation import Installation


def restored_elsewhere(installation: Installation) -> list[str]:
    sharing.people(installation)
    shutil.rmtree(installation.backups, ignore_errors=True)
    installation.make_backups_folder()
    (back_up,) = (line for line in manual.quoted("Commands are shown", manual.OPERATIONS) if " -T " in line)
    installation.shell(back_up)
    other = Installation(installation.engine, "cimar-restored")
    try:
        said = _restore(installation, other)
        other.wait_until_healthy()
        _people_see_it(installation, other)
    finally:
        other.remove()
    return said


def _restore(installation: Installation, other: Installation) -> list[str]:
    """The commands of the chapter, in a folder of its own; the line of the checks that it ended with."""
    said, safe = [], f"{installation.folder}/deploy/secrets/"
    for command in manual.commands("On a new machine", manual.OPERATIONS):
        if command.startswith("git clone"):
            other.unpack()
            other.take_certificate_of(installation)
            continue
        do = other.build if command.endswith(" build") else other.shell
        answer = do(command.replace("/path/to/", "").replace("/safe/", safe))
        if "env.example" in command:
            other.fill_in()
        if "bin/restore" in command:
            said = [line for line in answer.splitlines() if line.startswith("Restored: ")]
            if not said or "ATTENTION" in answer:
                raise Failed(f"{command} did not say that it restored everything:\n{answer[-3000:]}")
    return said


def _people_see_it(installation: Installation, other: Installation) -> None:
    """Who shared and who was shared with, with the passwords that they had."""
    at = sharing.people(installation)
    sharer = steps.sign_in(other, sharing.SHARER, sharing.PASSWORD)
    sharing.sees_the_image(sharer, at["Radiology"])
    recipient = steps.sign_in(other, sharing.RECIPIENT, sharing.PASSWORD)
    sharing.sees_the_image(recipient, at["Sports Injuries"])
