"""The full viewer: what an archive may bring, and who is served what of it."""

import io
import json
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from studies.full_viewer import file_of
from studies.management import ohif_archive
from studies.management.ohif_archive import ArchiveRefused, unpack
from tests.factories import placement_of
from tests.studies.pages import body, lister, page_of

__all__ = ["lister"]

INDEX = (
    '<html><head><link href="/main.css" rel="stylesheet"><script src="/app-config.js"></script>'
    '<script src="/init-service-worker.js"></script><script src="//elsewhere.invalid/x.js"></script></head></html>'
)
FILES = {
    "package/package.json": "{}",
    "package/dist/index.html": INDEX,
    "package/dist/app-config.js": "window.config = {}",
    "package/dist/main.js": '__webpack_require__.p = "/";',
    "package/dist/main.css": "a{background:url(/pic.svg)}",
    "package/dist/main.js.map": "{}",
    "package/dist/ort/model.wasm": "heavy",
    "package/dist/init-service-worker.js": "1",
    "package/dist/run.sh": "rm",
    "package/dist/assets/pic.svg": "<svg/>",
}


def tgz(path: Path, files: dict[str, str], *others: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
        for entry in others:
            tar.addfile(entry)
    return path


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("write", [tgz, zipped])
def test_a_release_is_unpacked_and_mended(tmp_path, write):
    root = tmp_path / "installed" / "ohif"

    unpack(write(tmp_path / "a", FILES), root)

    assert names(root) == {"index.html", "app-config.js", "main.js", "main.css", "assets/pic.svg"}
    assert '__webpack_require__.p = "/ohif/"' in (root / "main.js").read_text()
    assert "url(/ohif/pic.svg)" in (root / "main.css").read_text()
    page = (root / "index.html").read_text()
    assert 'href="/ohif/main.css"' in page and 'src="/ohif/app-config.js"' in page
    assert "service-worker" not in page and 'src="//elsewhere' in page


def link() -> tarfile.TarInfo:
    entry = tarfile.TarInfo("package/dist/link.js")
    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return entry


@pytest.mark.parametrize(
    "files",
    [
        {"../out.js": "x", **FILES},
        {"/abs.js": "x", **FILES},
        {"package/dist/..\\out.js": "x", **FILES},
        {"package/dist/\x07.js": "x", **FILES},
        {"package/readme.md": "no viewer"},
    ],
    ids=["up", "absolute", "backslash", "control", "none"],
)
def test_an_archive_that_is_none_leaves_what_was_installed(tmp_path, files):
    root = tmp_path / "ohif"
    unpack(tgz(tmp_path / "good", FILES), root)
    before = names(tmp_path)

    with pytest.raises(ArchiveRefused):
        unpack(tgz(tmp_path / "good", files), root)

    assert names(tmp_path) == before


def test_links_are_refused(tmp_path):
    with pytest.raises(ArchiveRefused, match="no file"):
        unpack(tgz(tmp_path / "a", FILES, link()), tmp_path / "ohif")


@pytest.mark.parametrize(
    ("limit", "value"), [("MOST_BYTES", 50), ("LARGEST_FILE", 20), ("MOST_FILES", 2), ("LARGEST_ARCHIVE", 10)]
)
def test_an_archive_has_bounds(tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(ohif_archive, limit, value)

    with pytest.raises(ArchiveRefused):
        unpack(tgz(tmp_path / "a", FILES), tmp_path / "ohif")
    assert not (tmp_path / "ohif").exists()


@given(
    names=st.lists(
        st.lists(
            st.sampled_from(["..", ".", "", "a.js", "b", "~", "C:", "x\\y", "é.js", "...", "/"]), max_size=5
        ).map("/".join),
        min_size=1,
        max_size=4,
    )
)
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
def test_no_name_in_an_archive_writes_outside(tmp_path_factory, names: list[str]):
    folder = tmp_path_factory.mktemp("any")
    archive = zipped(folder / "a.zip", FILES | {f"package/dist/{name}": "x" for name in names if name})

    with suppress(ArchiveRefused):
        unpack(archive, folder / "in" / "ohif")

    outside = [path for path in folder.rglob("*") if path.is_file() and "ohif" not in path.parts]
    assert outside == [archive]


@pytest.mark.parametrize("name", ["../secret.js", "..", "", "/etc/passwd", "main.sh", "a/../../x.js"])
def test_only_installed_files_are_served(tmp_path, name):
    unpack(tgz(tmp_path / "a", FILES), tmp_path / "ohif")
    (tmp_path / "secret.js").write_text("secret")

    assert file_of(tmp_path / "ohif", name) is None
    assert file_of(tmp_path / "ohif", "main.js") == (tmp_path / "ohif" / "main.js", "text/javascript")


def test_the_command_says_what_is_wrong(tmp_path, settings):
    settings.CIMAR_OHIF_ROOT = tmp_path / "ohif"
    (tmp_path / "no.tgz").write_text("no archive")

    for file in ("no.tgz", "missing.tgz"):
        with pytest.raises(CommandError):
            call_command("install_ohif", tmp_path / file)
    call_command("install_ohif", tgz(tmp_path / "a.tgz", FILES))
    assert (tmp_path / "ohif" / "index.html").exists()


@pytest.fixture
def installed(tmp_path, settings):
    settings.CIMAR_OHIF_ROOT = tmp_path / "ohif"
    unpack(tgz(tmp_path / "a", FILES), settings.CIMAR_OHIF_ROOT)


@pytest.mark.django_db
def test_its_page_is_for_those_who_may_open_images_there(client, cast, installed, lister):
    url = f"/ohif/{cast.ct.uuid}/viewer"
    assert client.get(url)["Location"].startswith("/sign-in/")
    client.force_login(cast.caro)
    assert client.get(url).status_code == 404
    client.force_login(lister)
    assert client.get(url).status_code == 403
    client.force_login(cast.vera)

    page = client.get(url)

    assert page.status_code == 200
    assert f'src="/ohif/{cast.ct.uuid}/app-config.js"' in page.content.decode()
    assert "'wasm-unsafe-eval'" in page["Content-Security-Policy"]
    assert "'unsafe-eval'" not in page["Content-Security-Policy"]
    config = client.get(f"/ohif/{cast.ct.uuid}/app-config.js").content.decode()
    source = json.loads(config.removeprefix("window.config = ").removesuffix(";"))["dataSources"][0]
    assert source["configuration"]["wadoRoot"] == f"/dicomweb/{cast.ct.uuid}"
    assert body(client.get("/ohif/main.js")) == b'__webpack_require__.p = "/ohif/";'
    assert client.get("/ohif/nothing.js").status_code == 404


@pytest.mark.django_db
def test_it_is_offered_on_the_study_page_where_it_is_installed(client, cast, tmp_path, settings):
    settings.CIMAR_OHIF_ROOT = tmp_path / "ohif"
    client.force_login(cast.vera)
    placement = placement_of(cast.study, cast.ct)

    before = client.get(page_of(placement)).content.decode()
    unpack(tgz(tmp_path / "a", FILES), settings.CIMAR_OHIF_ROOT)
    after = client.get(page_of(placement)).content.decode()

    href = f"/ohif/{cast.ct.uuid}/viewer?StudyInstanceUIDs={cast.study.study_instance_uid}"
    assert href not in before
    assert f'href="{href}"' in after
