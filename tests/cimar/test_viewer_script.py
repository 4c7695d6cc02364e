"""The viewer's built script: its files find each other under the hashed names that production gives static files."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from django.core.management import call_command
from django.test import override_settings
from whitenoise import WhiteNoise

from cimar.installation import CHECKOUT

BUILT = CHECKOUT / "static" / "viewer"
PRODUCTION = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# An import, or a file beside the script: new URL("…", import.meta.url).
NAMED = re.compile(
    r"""(?:\bfrom|\bimport)\s*\(?\s*["'`]([^"'`]+)["'`]"""
    r"""|new URL\(\s*["'`]([^"'`]+)["'`]\s*,\s*(?:``\s*\+\s*)?import\.meta\.url"""
)
# As WhiteNoise and the proxy (deploy/nginx) see names that browsers may keep for good.
KEPT_FOR_GOOD = re.compile(r"^.+\.[0-9a-f]{12}\.[a-z0-9.]+$")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("static")
    with override_settings(STORAGES=PRODUCTION, STATIC_ROOT=root):
        call_command("collectstatic", interactive=False, verbosity=0)
    return root


def named_by(script: Path) -> set[str]:
    return {first or second for first, second in NAMED.findall(script.read_text())}


def test_every_file_that_a_script_names_is_there(collected: Path) -> None:
    manifest = json.loads((collected / "staticfiles.json").read_text())["paths"]
    entry = collected / manifest["viewer/viewer.js"]
    seen, waiting = set(), [entry]
    while waiting:
        script = waiting.pop()
        seen.add(script.name)
        names = named_by(script)
        assert names or "worker" in script.name
        for name in names:
            found = collected / urljoin(f"/{script.relative_to(collected)}", name).lstrip("/")
            assert (script.name, name, found.is_file()) == (script.name, name, True)
            if found.suffix == ".js" and found.name not in seen:
                waiting.append(found)
    # All that was built is reached from the page's script.
    assert seen - {entry.name} == {script.name for script in (BUILT / "parts").glob("*.js")}


def test_no_part_names_the_pages_script_which_would_run_twice_under_two_names() -> None:
    scripts = [*(BUILT / "parts").glob("*.js")]
    assert len(scripts) >= 3
    for script in scripts:
        assert (script.name, [name for name in named_by(script) if name.endswith("/viewer.js")]) == (
            script.name,
            [],
        )


def test_browsers_keep_the_parts_for_good_and_know_what_they_are(collected: Path) -> None:
    def answered(path: str) -> dict[str, Any]:
        app = WhiteNoise(None, root=collected, prefix="static/", immutable_file_test=KEPT_FOR_GOOD.pattern)
        return dict(app.files[f"/static/{path}"].get_response("GET", {}).headers)

    parts = sorted((BUILT / "parts").iterdir())
    assert {part.suffix for part in parts} == {".js", ".wasm"}
    for part in parts:
        headers = answered(f"viewer/parts/{part.name}")
        kind = {".js": "text/javascript", ".wasm": "application/wasm"}[part.suffix]
        assert (part.name, headers["Content-Type"].partition(";")[0]) == (part.name, kind)
        assert (part.name, "immutable" in headers["Cache-Control"]) == (part.name, True)
        assert (part.name, (collected / f"viewer/parts/{part.name}.gz").is_file()) == (part.name, True)


def test_the_licences_of_what_is_bundled_lie_beside_it() -> None:
    text = (BUILT / "LICENSES.txt").read_text()
    locked = json.loads((CHECKOUT / "viewer/package.json").read_text())["dependencies"]

    assert [name for name, version in locked.items() if f"{name} {version}" not in text] == []
    assert "OpenJPH" in text
    assert list(BUILT.rglob("*.map")) == []


def test_the_lock_file_names_versions_and_hashes_but_no_place_to_load_from() -> None:
    lock = json.loads((CHECKOUT / "viewer/package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if not package.get("integrity")] == []
