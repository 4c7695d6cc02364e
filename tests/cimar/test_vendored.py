"""What others wrote stands as they published it, and no page carries inline script or style."""

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
CHECKSUMS = [line.split() for line in (VENDOR / "CHECKSUMS").read_text().splitlines()]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))

# A data block (type="application/json") is not run and may stand in a page.
INLINE = {
    "a script without src": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.I),
    "a style element": re.compile(r"<style", re.I),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "an event handler": re.compile(r"<[^>]*\s(on[a-z]+|hx-on[:a-z-]*)\s*=", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_vendored_file_is_the_one_that_was_checked_in() -> None:
    assert {path: sha256(VENDOR / path) for _, _, _, path in CHECKSUMS} == {
        path: checksum for _, _, checksum, path in CHECKSUMS
    }


def test_no_vendored_file_is_missing_from_the_checksums() -> None:
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert present - {"CHECKSUMS"} == {path for *_, path in CHECKSUMS}


def test_every_vendored_package_keeps_its_licence() -> None:
    folders = {path.split("/")[0] for *_, path in CHECKSUMS}
    assert {folder for folder in folders if (VENDOR / folder / "LICENSE").is_file()} == folders


# A mail cannot load a stylesheet. It is not a page, so no content policy is loosened.
FRAME_OF_MAILS = "templates/accounts/mail/base.html: a style element"


def test_no_template_carries_inline_script_or_style_but_the_frame_of_mails() -> None:
    foreign = [
        f"{template.relative_to(ROOT)}: {what}"
        for template in TEMPLATES
        for what, pattern in INLINE.items()
        if pattern.search(template.read_text())
    ]
    assert len(TEMPLATES) > 40
    assert foreign == [FRAME_OF_MAILS]


def test_our_stylesheets_and_scripts_load_nothing_from_elsewhere() -> None:
    ours = [path for kind in ("css", "js", "img") for path in (ROOT / "static" / kind).iterdir()]
    elsewhere = re.compile(
        r"""url\(\s*["']?(data:|https?:|//)|@import|import\(|["']https?://(?!www\.w3\.org/2000/svg)"""
    )
    assert [path.name for path in ours if elsewhere.search(path.read_text())] == []
