"""A passkey in software: it answers as a device would, so that sign-in with it is tested without a browser."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256

PRESENT, VERIFIED, CARRIES_KEY = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def data(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Device:
    def __init__(self, origin: str = "https://testserver", *, verifies: bool = True) -> None:
        self.origin, self.verifies = origin, verifies
        self.host = origin.partition("://")[2].partition(":")[0]
        self.key, self.id = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16)
        self.user = ""

    def register(self, options: dict[str, Any], *, alone: bool = True) -> str:
        """The answer to what the page for a new key asks."""
        public = options["publicKey"]
        self.user = public["user"]["id"]
        key = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        about_key = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        attestation = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._said(CARRIES_KEY) + about_key,
        }
        response = {
            "clientDataJSON": self._client("webauthn.create", public["challenge"]),
            "attestationObject": text(cbor.encode(attestation)),
        }
        return self._answer(response, {"credProps": {"rk": alone}})

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to a challenge."""
        client, said = self._client("webauthn.get", options["publicKey"]["challenge"]), self._said()
        signed = self.key.sign(said + hashlib.sha256(data(client)).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": client,
            "authenticatorData": text(said),
            "signature": text(signed),
            "userHandle": self.user,
        }
        return self._answer(response, {})

    def _said(self, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + bytes(4)

    def _client(self, kind: str, challenge: str) -> str:
        return text(json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode())

    def _answer(self, response: dict[str, str], extensions: dict[str, Any]) -> str:
        answer = {"type": "public-key", "id": text(self.id), "rawId": text(self.id)}
        return json.dumps({**answer, "response": response, "clientExtensionResults": extensions})


def registered(device: Device | None = None, *, alone: bool = True) -> dict[str, Any]:
    """As it is kept of a key that was set up."""
    options = {"publicKey": {"user": {"id": text(b"1")}, "challenge": text(b"challenge")}}
    kept: dict[str, Any] = json.loads((device or Device()).register(options, alone=alone))
    return kept
