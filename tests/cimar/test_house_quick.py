"""bin/test --quick runs the tests of what was changed."""

import pytest

from tests import quick


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (["sharing/services/ends.py", "sharing/law.py"], ["tests/sharing"]),
        (["templates/components/pill.html", "static/css/site.css"], ["tests/common"]),
        (["bench/meter.py", "docs/audit.md", "bin/test"], ["tests/cimar"]),
        (["tests/studies/test_list.py", "studies/models/image.py"], ["tests/studies"]),
        (["README.md", "tests/factories.py", "nowhere/at/all.py"], []),
        (["audit/actor.py", "worklists/codes.py"], ["tests/audit", "tests/worklists"]),
    ],
)
def test_a_changed_file_names_the_tests_that_see_to_it(names, folders):
    assert quick.folders_of(names) == folders


def test_what_differs_from_the_branch_before_is_changed(tmp_path, monkeypatch):
    def git(*arguments):
        assert quick._git("-c", "user.name=x", "-c", "user.email=x@example.net", *arguments) is not None

    monkeypatch.setattr(quick, "CHECKOUT", tmp_path)
    git("init", "-q", "-b", "main")
    for name in ("kept", "mended", "committed"):
        (tmp_path / name).write_text("before")
    git("add", ".")
    git("commit", "-qm", "before")
    git("checkout", "-qb", "mine")
    (tmp_path / "committed").write_text("after")
    git("commit", "-qam", "after")
    (tmp_path / "mended").write_text("after")
    (tmp_path / "added").write_text("after")

    assert sorted(quick.changed()) == ["added", "committed", "mended"]
