"""What a browser may do and how long it stays signed in: sessions, cookies, host names, HTTPS, uploads."""

from csp.constants import NONE, SELF

from cimar.settings.where import CIMAR_DEVELOPMENT, base, env, https

SESSION_ENGINE = "accounts.session_store"
# Signed out after this long without a request, where a person's accounts say nothing else (`accounts.middleware.idle`).
CIMAR_IDLE_MINUTES = env.number("CIMAR_IDLE_MINUTES", 30)
# Whom people ask who cannot ask their own organisation, and where the operator's own privacy notice is.
CIMAR_CONTACT = env.text("CIMAR_CONTACT")
CIMAR_PRIVACY_NOTICE = env.text("CIMAR_PRIVACY_NOTICE")
# The longest that an account may set, so that no session goes before its time.
SESSION_COOKIE_AGE = max(CIMAR_IDLE_MINUTES, 480) * 60
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = https

ALLOWED_HOSTS = env.listed("CIMAR_HOSTS") or [
    base.hostname or "",
    *(["localhost", "127.0.0.1"] if CIMAR_DEVELOPMENT else []),
]
CSRF_TRUSTED_ORIGINS = [f"{base.scheme}://{base.netloc}"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = env.flag("CIMAR_HTTPS_REDIRECT", https)
SECURE_HSTS_SECONDS = env.number("CIMAR_HSTS_SECONDS", 31536000 if https else 0)
# We live at one name among a hospital's many, so what the names beneath it may speak is not ours to say; nor is the
# browsers' preload list, which takes a whole domain and takes months to leave.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("CIMAR_HSTS_SUBDOMAINS", False)
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",  # its backend stays out on purpose: see people
    "security.W021",
    *([] if SECURE_HSTS_INCLUDE_SUBDOMAINS else ["security.W005"]),
]
SECURE_REDIRECT_EXEMPT = [r"^health/"]
# How many proxies of ours stand in front: the reader's address, which rate limits count by, comes from the last.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("CIMAR_PROXIES", 0)
# Only a proxy of ours sets this header; it sets it always, so a visitor's own word never arrives.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# The most that any form sends; files go to the one URL that receives them, after session and right were asked. The
# proxy has the same limit (`deploy/nginx`).
CIMAR_LARGEST_BODY = DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
# A press may tick 500 studies and 20 targets; no form of ours is bigger.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# Above the 5,000 of `studies.services.receive_upload`, so that its sentence is what a person reads.
DATA_UPLOAD_MAX_NUMBER_FILES = 6000
# Where large uploads lie while they are received, and copies of stored files while they are read.
FILE_UPLOAD_TEMP_DIR = env.text("CIMAR_SCRATCH") or None
