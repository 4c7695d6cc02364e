"""An upload as the page's script sends it (static/js/upload_sending.js): begun, in parts, ended."""

import hashlib
import http.client
import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

PART_FILES, PART_BYTES = 50, 16 * 1024 * 1024
BOUNDARY = "----a-line-of-no-file"


class UploadPage:
    """The page of a worklist in the browser of somebody who is signed in; `cookies` are the browser's."""

    def __init__(self, port: int, worklist: str, cookies: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self.beginning, self.cookies = f"/worklists/{worklist}/upload/", dict(cookies)
        self._ask(self.beginning)

    def send(self, files: Iterator[bytes], number: int) -> str:
        """Sends them all; the upload's uuid."""
        begun = json.loads(self._post(f"{self.beginning}begin/", {"n_files": number}))
        sent = 0
        for part in parts_of(files):
            names = [f"IM{sent + at:06}" for at in range(len(part))]
            fields = {
                "upload": begun["upload"],
                "mark_list": json.dumps([_mark(name, file) for name, file in zip(names, part, strict=True)]),
                "paths": json.dumps([f"disc/{name}" for name in names]),
            }
            self._post(f"{self.beginning}files/", fields, list(zip(names, part, strict=True)))
            sent += len(part)
        self._post(begun["end"], {})
        return str(begun["upload"])

    def _post(
        self, path: str, fields: dict[str, Any], files: Sequence[tuple[str, bytes]] | None = None
    ) -> bytes:
        fields = {"csrfmiddlewaretoken": self.cookies["csrftoken"], **fields}
        if files is None:
            return self._ask(path, urlencode(fields).encode(), "application/x-www-form-urlencoded")
        body = [_field(name, str(value)) for name, value in fields.items()]
        body += [_file(name, file) for name, file in files]
        body.append(f"--{BOUNDARY}--\r\n".encode())
        return self._ask(path, b"".join(body), f"multipart/form-data; boundary={BOUNDARY}")

    def _ask(self, path: str, body: bytes | None = None, content_type: str = "") -> bytes:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "HX-Request": "true", "Accept": "application/json"}
        headers |= {"Content-Type": content_type} if body is not None else {"Accept": "text/html"}
        self.connection.request("GET" if body is None else "POST", path, body=body, headers=headers)
        answer = self.connection.getresponse()
        content: bytes = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status not in (200, 302):
            raise RuntimeError(f"the upload page was answered with {answer.status}")
        return content


def parts_of(files: Iterator[bytes]) -> Iterator[list[bytes]]:
    """No more files in a request than the page sends, and no more bytes unless a single file has them."""
    part: list[bytes] = []
    for file in files:
        if len(part) == PART_FILES or (part and sum(map(len, part)) + len(file) > PART_BYTES):
            yield part
            part = []
        part.append(file)
    if part:
        yield part


def _mark(name: str, file: bytes) -> str:
    return hashlib.sha256(name.encode() + file[: 32 * 1024]).hexdigest()


def _field(name: str, value: str) -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def _file(name: str, file: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="folder"; filename="{name}"\r\n'
    return head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + file + b"\r\n"
