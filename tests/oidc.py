"""A small OpenID Connect provider on loopback, which says of people whatever a test wants it to say."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from audit.actor import OPERATOR
from worklists.services import set_provider

CLIENT, SECRET = "cimar-test", "a secret of theirs"


class Provider:
    """`says` goes into the token and the answer about the user; `token` and `about` change one of them."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signs_with = self.key
        self.says: dict[str, Any] = {"sub": "42", "email": "ana@example.org", "email_verified": True}
        self.token: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.exchanged: dict[str, str] = {}
        self.row: Any = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, form: dict[str, str]) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}
        if path == "/token":
            self.exchanged = form
            return {"access_token": "a", "token_type": "Bearer", "id_token": self.signed()}
        return {**self.says, **self.about} if path == "/userinfo" else None

    def signed(self) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, **self.says, **self.token}
        return jwt.encode(claims, self.signs_with, algorithm="RS256", headers={"kid": "one"})

    def of(self, account: Any, *, name: str, domains: list[str]) -> Any:
        """This provider as the account's own; its secret is in the settings under the name."""
        return set_provider(
            account=account, name=name, issuer=self.issuer, client_id=CLIENT, domains=domains, by=OPERATOR
        )

    def settings(self) -> dict[str, Any]:
        app = {
            "provider_id": "organisation",
            "name": "Northgate",
            "client_id": CLIENT,
            "secret": SECRET,
            "settings": {"server_url": self.issuer, "domains": ["example.org"]},
        }
        return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}

    def visit(self, address: str) -> str:
        """What the provider's sign-in page sends the browser back with."""
        self.asked = dict(parse_qsl(urlsplit(address).query))
        return f"{urlsplit(self.asked['redirect_uri']).path}?code=c&state={self.asked['state']}"


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                back = parse_qs(parts.query)
                self.send_response(302)
                self.send_header("Location", f"{back['redirect_uri'][0]}?code=c&state={back['state'][0]}")
                self.end_headers()
                return
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._answer(dict(parse_qsl(body)))

        def _answer(self, form: dict[str, str]) -> None:
            found = provider.answer(urlsplit(self.path).path, form)
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(found or {}).encode())

        def log_message(self, *words: object) -> None:
            """The tests' own output is enough."""

    return Handler


def running() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()
