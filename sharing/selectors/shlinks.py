"""A guest link as a SMART Health Link: what its text says, and the keys behind it. Nothing of it is stored.

See https://hl7.org/fhir/uv/smart-health-cards-and-links/ and ADR 0043. Token and key follow from the row's uuid and
generation by keyed hashes: who reads the database alone can make neither.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from joserfc import jwe
from joserfc.jwk import OctKey

from accounts.mail import link as site_url
from accounts.tokens import sign, signed
from sharing.models import GuestLink

BEGINNING = "/guest/shl/"
# What the specification allows: of the manifest's URL, and of the label.
LONGEST_URL, LONGEST_LABEL = 128, 80
# How long a location in a manifest, and the access to DICOMweb, can be used; the link may end before.
USABLE_FOR = timedelta(hours=1)
_TOKEN, _KEY = "cimar.shlink", "cimar.shlink-key"
_ACCESS, _FILE = "cimar.shlink-access", "cimar.shlink-file"


def shlink_of(link: GuestLink) -> str:
    """The text of the link; empty where the site's own URL is too long for it."""
    url = site_url(f"{BEGINNING}{token_of(link)}")
    if len(url) > LONGEST_URL:
        return ""
    payload = {
        "url": url,
        "key": _encoded(_keys_of(link.uuid, link.generation)[0]),
        "exp": int(link.expires_at.timestamp()),
        "flag": "P" if link.password else "",
        "label": _label(link),
        "v": 1,
    }
    written = json.dumps({name: value for name, value in payload.items() if value}, separators=(",", ":"))
    return f"shlink:/{_encoded(written.encode())}"


def _label(link: GuestLink) -> str:
    """Whose images it has is in the files alone."""
    account = link.worklist.account
    if account is None:
        return _("Medical images")
    return (_("Medical images from %(account)s") % {"account": account.name})[:LONGEST_LABEL]


def named_by(token: str) -> tuple[UUID, int] | None:
    """The uuid and the generation that a manifest's URL names; None where we have not signed it."""
    short, dot, signature = token.rpartition(".")
    encoded, dash, generation = short.rpartition("-")
    try:
        uuid = UUID(bytes=_decoded(encoded))
    except ValueError:
        return None
    # There is a single way to write each token.
    if _encoded(uuid.bytes) != encoded:
        return None
    return signed(f"{uuid.hex}{dash}{generation}{dot}{signature}", salt=_TOKEN)


def token_of(link: GuestLink) -> str:
    """As short as a uuid can be written, since the URL may not be long."""
    named, dot, signature = sign(link.uuid, link.generation, salt=_TOKEN).rpartition(".")
    _uuid, dash, generation = named.rpartition("-")
    return f"{_encoded(link.uuid.bytes)}{dash}{generation}{dot}{signature}"


def _keys_of(uuid: UUID, generation: int) -> list[bytes]:
    """The key of the files, by the site's present secret and by those before it."""
    secrets = [settings.CIMAR_TOKEN_KEY, *settings.CIMAR_TOKEN_FALLBACK_KEYS]
    named = f"{uuid.hex}-{generation}"
    return [salted_hmac(_KEY, named, secret=each, algorithm="sha256").digest() for each in secrets]


def key_behind(token: str) -> bytes:
    """The key in the text that has this token: by the secret that signed the token."""
    named = named_by(token)
    assert named is not None  # read before
    signature = token.rpartition(".")[2]
    for secret, key in zip(
        [settings.CIMAR_TOKEN_KEY, *settings.CIMAR_TOKEN_FALLBACK_KEYS], _keys_of(*named), strict=True
    ):
        signer = signing.Signer(key=secret, fallback_keys=[], sep=".", salt=_TOKEN, algorithm="sha256")
        if signer.signature(f"{named[0].hex}-{named[1]}") == signature:
            return key
    raise signing.BadSignature


def sealed(content: bytes, content_type: str, key: bytes) -> str:
    """A file as the specification wants it: a compact JWE by the shared key."""
    header = {"alg": "dir", "enc": "A256GCM", "cty": content_type}
    return jwe.encrypt_compact(header, content, OctKey.import_key(key))


@dataclass(frozen=True)
class Ticket:
    """What a manifest hands out for an hour: the access to DICOMweb, or with `instance` a document's location.

    `key` tells which of the keys encrypts, without being it.
    """

    link: str
    generation: int
    visit: str
    key: str = ""
    placement: str = ""
    instance: str = ""

    def written(self) -> str:
        return signing.dumps({k: v for k, v in asdict(self).items() if v}, salt=self._salt)

    @property
    def _salt(self) -> str:
        return _FILE if self.instance else _ACCESS

    @property
    def file_key(self) -> bytes | None:
        keys = _keys_of(UUID(self.link), self.generation)
        return next((each for each in keys if mark_of(each) == self.key), None)


def mark_of(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]


def read_access(written: str) -> Ticket | None:
    return _read(written, _ACCESS)


def read_file_ticket(written: str) -> Ticket | None:
    return _read(written, _FILE)


def _read(written: str, salt: str) -> Ticket | None:
    try:
        values: dict[str, Any] = signing.loads(written, salt=salt, max_age=USABLE_FOR)
    except signing.BadSignature:
        return None
    return Ticket(**values)


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
