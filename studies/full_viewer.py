"""The full viewer (OHIF), where `manage.py install_ohif` has unpacked it: what of it is served, and its settings."""

import json
import re
from pathlib import Path, PurePosixPath

PREFIX = "/ohif/"
# What is served beside the page; a file of another kind is left out.
TYPES = {
    ".css": "text/css", ".gif": "image/gif", ".html": "text/html", ".ico": "image/x-icon", ".jpg": "image/jpeg",
    ".js": "text/javascript", ".json": "application/json", ".mjs": "text/javascript", ".mp4": "video/mp4",
    ".png": "image/png", ".svg": "image/svg+xml", ".ttf": "font/ttf", ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json", ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2",
}  # fmt: skip
NAME = re.compile(r"[A-Za-z0-9@_.~ +-]{1,200}", re.ASCII)
PAGE, SETTINGS = "index.html", "app-config.js"


def plain_name(written: str) -> PurePosixPath | None:
    """A file's name below the viewer's folder; None where it is not plain, or would lead out of it."""
    name = PurePosixPath(written)
    if not name.parts or name.is_absolute() or not all(NAME.fullmatch(part) for part in name.parts):
        return None
    return None if any(part.strip(". ") == "" for part in name.parts) else name


def is_installed(root: Path) -> bool:
    return (root / PAGE).is_file()


def page_of(root: Path, worklist: str) -> str | None:
    """The page as it is served for a worklist; None where nothing is installed."""
    page = root / PAGE
    if not page.is_file():
        return None
    return page.read_text(encoding="utf-8").replace(f"{PREFIX}{SETTINGS}", f"{PREFIX}{worklist}/{SETTINGS}")


def file_of(root: Path, name: str) -> tuple[Path, str] | None:
    """An installed file and its media type, by the name in its URL; None for everything else."""
    if (asked := plain_name(name)) is None:
        return None
    path = root / asked
    media_type = TYPES.get(asked.suffix.lower())
    if media_type is None or not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
        return None
    return path, media_type


def settings_script(worklist: str) -> str:
    """Its settings: it asks the DICOMweb of this worklist and of no other."""
    root = f"/dicomweb/{worklist}"
    source = {
        "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
        "sourceName": "dicomweb",
        "configuration": {
            "friendlyName": "CIMAR",
            "name": "cimar",
            "qidoRoot": root,
            "wadoRoot": root,
            "qidoSupportsIncludeField": False,
            "imageRendering": "wadors",
            "thumbnailRendering": "wadors",
            "enableStudyLazyLoad": True,
            "supportsFuzzyMatching": False,
            "supportsWildcard": False,
            "bulkDataURI": {"enabled": True, "relativeResolution": "studies"},
        },
    }
    config = {
        "routerBasename": f"{PREFIX}{worklist}",
        "showStudyList": False,
        "extensions": [],
        "modes": [],
        "maxNumberOfWebWorkers": 3,
        "showCPUFallbackMessage": True,
        "showLoadingIndicator": True,
        "strictZSpacingForVolumeViewport": True,
        "defaultDataSourceName": "dicomweb",
        "dataSources": [source],
    }
    return f"window.config = {json.dumps(config)};"
