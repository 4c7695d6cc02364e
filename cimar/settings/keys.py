"""The secret keys of this installation."""

import os
import secrets

from cimar.settings.where import CIMAR_DATA, CIMAR_DEVELOPMENT, env


def _secret(variable: str) -> str:
    """From the environment; in development from a file that is made once, readable by its owner alone."""
    if not env.flag("CIMAR_SIGNS", True):
        # A process that signs nothing and checks no signature is not given the keys: nothing made with this one counts.
        return secrets.token_urlsafe(50)
    value = env.secret(variable)
    if not CIMAR_DEVELOPMENT and len(value) < 50:
        state = "is shorter than 50 characters" if value else "is not set"
        env.complain(
            f"{variable} {state}. Set it, or {variable}_FILE, to a long random text that only this installation knows, "
            f"the same in every process, for example: {variable}=$(python -c 'import secrets; "
            "print(secrets.token_urlsafe(50))')"
        )
    if value or not CIMAR_DEVELOPMENT:
        return value or "missing"
    file = CIMAR_DATA / variable.lower().replace("_", "-")
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        # Several processes may start at once: each writes its own and the first link wins.
        own = file.with_name(f".{file.name}.{os.getpid()}")
        own.touch(mode=0o600)
        own.write_text(secrets.token_urlsafe(50))
        try:
            os.link(own, file)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return file.read_text()


SECRET_KEY = _secret("SECRET_KEY")
# Keys of yesterday: what was signed with them still counts, nothing new is. Remove them once that has run out.
SECRET_KEY_FALLBACKS = env.listed("SECRET_KEY_FALLBACKS")
# Signs the tokens of invitations; apart from SECRET_KEY so that either can be changed alone.
CIMAR_TOKEN_KEY = _secret("CIMAR_TOKEN_KEY")
CIMAR_TOKEN_FALLBACK_KEYS = env.listed("CIMAR_TOKEN_FALLBACK_KEYS")
