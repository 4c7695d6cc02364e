"""A page, a manifest and packs made of DICOM files, without the site: for work on the viewer's source.

    python viewer/dev/fake.py FOLDER [PORT]     then open http://127.0.0.1:PORT/

Needs pydicom, numpy and imagecodecs.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from pydicom import Dataset, dcmread

STATIC = Path(__file__).resolve().parents[2] / "static"
TYPES = {".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".txt": "text/plain"}
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' blob: data:"
)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Viewer</title>
<style>html,body{margin:0;height:100%;background:#000}.viewer-grid{width:512px;height:512px}</style>
<main id="viewer" data-manifest="/placements/fake/viewer/manifest.json"><div class="viewer-grid"></div></main>
<script type="module" src="/static/viewer/viewer.js"></script></html>"""
LONGEST_HEAD = 128


def encoded(values: np.ndarray[Any, Any]) -> tuple[bytes, int, list[int]]:
    """The codestream, the length of its head, and how many rows and columns the head shows."""
    longest, halvings = max(values.shape[:2]), 0
    while longest > LONGEST_HEAD:
        longest, halvings = (longest + 1) // 2, halvings + 1
    if not halvings:
        stream = imagecodecs.htj2k_encode(values, reversible=True)
        return stream, len(stream), list(values.shape[:2])
    stream = imagecodecs.htj2k_encode(values, reversible=True, tlm=True, tilepart=1, resolutions=halvings)
    reduced = [-(-side // 2**halvings) for side in values.shape[:2]]
    return stream, next(parts(stream)), reduced


def parts(stream: bytes) -> Iterator[int]:
    """Where each tile part ends."""
    at = stream.index(b"\xff\x90")
    while stream[at : at + 2] == b"\xff\x90":
        at += int.from_bytes(stream[at + 6 : at + 10], "big")
        yield at


def series_of(number: int, datasets: list[Dataset]) -> tuple[dict[str, Any], bytes]:
    first = datasets[0]
    heads, tails = [], []
    for ds in datasets:
        values = ds.pixel_array
        stream, cut, reduced = encoded(values)
        heads.append(stream[:cut])
        tails.append(stream[cut:])
    stored = np.concatenate([ds.pixel_array.ravel()[::7] for ds in datasets])
    window = [[float(ds_value(first, "WindowCenter", 40)), float(ds_value(first, "WindowWidth", 400)), ""]]
    group = {
        "rows": first.Rows,
        "columns": first.Columns,
        "bits": first.BitsStored,
        "signed": bool(first.PixelRepresentation),
        "samples": first.SamplesPerPixel,
        "photometric": first.PhotometricInterpretation,
        "slope": whole(first.get("RescaleSlope", 1)),
        "intercept": whole(first.get("RescaleIntercept", 0)),
        "unit": "HU",
        "window": window,
        "voi_function": "LINEAR",
        "range": None if first.SamplesPerPixel > 1 else [int(stored.min()) - 64, int(stored.max()) + 64],
        "spacing": [float(value) for value in first.get("PixelSpacing", [])] or None,
        "orientation": [float(value) for value in first.get("ImageOrientationPatient", [])] or None,
        "frame_of_reference": "a",
        "thickness": float(first.get("SliceThickness") or 0) or None,
        "reduced": reduced,
    }
    pack = b"".join(heads) + b"".join(tails)
    described = {
        "uuid": f"series-{number}",
        "number": number,
        "modality": first.Modality,
        "description": str(first.get("SeriesDescription", "")),
        "frames": len(datasets),
        "kind": "pixels",
        "state": "ready",
        "notes": [],
        "pack": {
            "url": f"/placements/fake/pixels/{number}",
            "head_bytes": sum(map(len, heads)),
            "bytes": len(pack),
        },
        "groups": [group],
        "group": [[0, len(datasets)]],
        "instance": [f"instance-{number}-{index}" for index in range(len(datasets))],
        "instance_frames": [[1, len(datasets)]],
        "number_of_instance": [int(ds.get("InstanceNumber") or 0) for ds in datasets],
        "head": [len(head) for head in heads],
        "tail": [len(tail) for tail in tails],
        "position": positions(datasets),
        "failed": [],
        "window_each": None,
    }
    return described, pack


def positions(datasets: list[Dataset]) -> list[list[float]] | None:
    if any("ImagePositionPatient" not in ds for ds in datasets):
        return None
    return [[float(value) for value in ds.ImagePositionPatient] for ds in datasets]


def ds_value(ds: Dataset, name: str, otherwise: float) -> Any:
    value = ds.get(name, otherwise)
    return value[0] if isinstance(value, (list, tuple)) or hasattr(value, "__iter__") else value


def whole(value: Any) -> float:
    return int(value) if float(value).is_integer() else float(value)


def read(folder: Path) -> list[list[Dataset]]:
    found: dict[str, list[Dataset]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            ds = dcmread(path, force=True)
            if "PixelData" in ds:
                found[ds.SeriesInstanceUID].append(ds)
    return [sorted(each, key=lambda ds: int(ds.get("InstanceNumber") or 0)) for each in found.values()]


class Answer(BaseHTTPRequestHandler):
    manifest: bytes
    packs: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/":
            self.send(PAGE.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": POLICY})
        elif path.endswith("/manifest.json"):
            self.send(self.manifest, "application/json")
        elif path in self.packs:
            self.send_range(self.packs[path])
        elif path.startswith("/static/") and (file := STATIC / path.removeprefix("/static/")).is_file():
            self.send(file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream"))
        else:
            self.send(b"", "text/plain", status=404)

    def send_range(self, pack: bytes) -> None:
        first, last = self.headers["Range"].removeprefix("bytes=").split("-")
        body = pack[int(first) : int(last) + 1]
        headers = {"Content-Range": f"bytes {first}-{int(first) + len(body) - 1}/{len(pack)}"}
        self.send(body, "application/octet-stream", headers, status=206)

    def send(self, body: bytes, kind: str, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: a scroll makes hundreds of requests."""


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8123
    made = [series_of(number, datasets) for number, datasets in enumerate(read(folder), start=1)]
    manifest = {"version": 1, "placement": "fake", "series": [described for described, _ in made]}
    Answer.manifest = json.dumps(manifest, separators=(",", ":")).encode()
    Answer.packs = {described["pack"]["url"]: pack for described, pack in made}
    sys.stdout.write(f"http://127.0.0.1:{port}/\n")
    sys.stdout.flush()
    ThreadingHTTPServer(("127.0.0.1", port), Answer).serve_forever()


if __name__ == "__main__":
    main()
