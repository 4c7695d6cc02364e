"""Systems that studies are sent to: a STOW-RS service and a C-STORE provider that answer as a test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import pytest
from pydicom import dcmread
from pynetdicom import AE, AllStoragePresentationContexts, _config, evt
from pynetdicom.sop_class import Verification

from tests.cast import Cast, acting
from worklists import services
from worklists.models import Destination

LOCALHOST = "127.0.0.1"
ANSWER = b"{}"

# Takes the number of the request and the file; gives a status, a body and further headers.
Answer = Callable[[int, bytes], tuple[int, bytes, dict[str, str]]]


def takes_all(number: int, file: bytes) -> tuple[int, bytes, dict[str, str]]:
    return 200, ANSWER, {}


class Service:
    """What a STOW-RS service was sent."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.url = answer, ""
        self.files: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()


@contextmanager
def stow_service(answer: Answer = takes_all) -> Iterator[Service]:
    service = Service(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            with service.lock:
                service.at_once += 1
                service.most_at_once = max(service.most_at_once, service.at_once)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            whole = b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body
            [part] = message_from_bytes(whole).get_payload()
            file = body[body.index(b"\r\n\r\n") + 4 : body.rindex(b"\r\n--")]
            assert part.get_content_type() == "application/dicom"
            status, answered, more = service.answer(len(service.files), file)
            with service.lock:
                service.files.append(file)
                service.headers.append(dict(self.headers))
                service.paths.append(self.path)
                service.at_once -= 1
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answered)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answered)

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer((LOCALHOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    service.url = f"http://{LOCALHOST}:{server.server_port}/dicom-web"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Provider:
    """What a C-STORE provider was sent."""

    def __init__(self) -> None:
        self.port = 0
        self.objects: list[Any] = []
        self.data_sets: list[bytes] = []
        # The class and UID in the command before each.
        self.announced: list[tuple[str, str]] = []


@contextmanager
def store_provider(
    answer: Callable[[Any], int] = lambda data_set: 0, *, syntaxes: Any = None, **more: Any
) -> Iterator[Provider]:
    provider = Provider()

    def stored(event: Any) -> int:
        data_set = event.dataset
        data_set.file_meta = event.file_meta
        provider.objects.append(data_set)
        request = event.request
        provider.announced.append((str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID)))
        provider.data_sets.append(event.encoded_dataset(include_meta=False))
        return answer(data_set)

    entity = AE(ae_title="ARCHIVE")
    for context in AllStoragePresentationContexts:
        if syntaxes is None:
            entity.add_supported_context(context.abstract_syntax)
        else:
            entity.add_supported_context(context.abstract_syntax, syntaxes)
    entity.add_supported_context(Verification)
    for name, value in more.items():
        setattr(entity, name, value)
    with pytest.MonkeyPatch.context() as patch:
        # Our receiver, where an earlier test has started it, takes any kind of object, for the whole process.
        patch.setattr(_config, "UNRESTRICTED_STORAGE_SERVICE", False)
        server = entity.start_server((LOCALHOST, 0), block=False, evt_handlers=[(evt.EVT_C_STORE, stored)])
        provider.port = server.socket.getsockname()[1]
        try:
            yield provider
        finally:
            server.shutdown()


def enter(cast: Cast, url: str, **more: Any) -> Destination:
    given = {"account": cast.northgate, "name": "PACS", "by": acting(cast.adam), **more}
    return services.add_destination(url=url, **given)


def enter_provider(cast: Cast, port: int, **more: Any) -> Destination:
    way = {"name": "PACS", "ae_title": "ARCHIVE", "host": LOCALHOST, "port": port, "tls": False, **more}
    return services.add_destination(account=cast.northgate, by=acting(cast.adam), **way)


def uid_in(file: bytes) -> str:
    return str(dcmread(BytesIO(file), force=True).SOPInstanceUID)
