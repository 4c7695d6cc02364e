"""Which applications there are, what every request passes, how templates are found, language and time."""

from cimar.settings.where import BASE_DIR, CIMAR_DEVELOPMENT, CIMAR_PROFILE, env

INSTALLED_APPS = [
    "cimar",
    "administration.apps.AdministrationConfig",
    "sharing",
    "studies",
    "worklists",
    "accounts",
    "audit",
    "common",
    "administration.apps.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "csp",
]
# The demo's people share one public password: its command is there only where a developer works, or where asked for.
if env.flag("CIMAR_DEMO", CIMAR_DEVELOPMENT):
    INSTALLED_APPS.append("cimar.demo")

MIDDLEWARE = [
    # Before every check of host names, schemes and sessions.
    "cimar.health.Probes",
    "django.middleware.security.SecurityMiddleware",
    "common.content_policy.ContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Behind static files, before all that may be slow or fail.
    "cimar.activity_log.RequestWatch",
    "common.blank_pages.NoBlankPages",
    # Before the session and the CSRF check: these would receive a body of any size.
    "common.body_size.SmallBodies",
    # The pages of a guest link have neither the site's session nor the secret of its forms.
    "sharing.middleware.GuestPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audit.middleware.RecordDenials",
    "accounts.middleware.idle.IdleMiddleware",
    "accounts.middleware.demands.SecondFactorMiddleware",
    "accounts.middleware.demands.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

# Names the subject of a refused request, for its event in the audit trail.
CIMAR_DENIED_ON = "studies.services.denials.on_denied"

ROOT_URLCONF = "cimar.urls"
WSGI_APPLICATION = "cimar.wsgi.application"

_loaders = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
# A developer's change to a template shows on the next request; elsewhere templates are read once.
_read_once = (
    "cimar.embedded.templates.Loader"
    if CIMAR_DEVELOPMENT and CIMAR_PROFILE == "dev"
    else "django.template.loaders.cached.Loader"
)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [(_read_once, _loaders)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

FORM_RENDERER = "common.form_renderer.FormRenderer"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
# Every text is marked for translation, and there is no catalogue yet. To look each text up in vain takes a tenth of the
# time of a long page; the first catalogue switches this on.
USE_I18N = False
