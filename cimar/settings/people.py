"""Who people are and how they sign in: passwords, second factors, an organisation's own provider."""

from typing import Any

from cimar.settings.where import CIMAR_DEVELOPMENT, env

AUTH_USER_MODEL = "accounts.User"
# allauth's, with what a person's accounts demand of their sign-in read in the same statement as the person.
AUTHENTICATION_BACKENDS = ["accounts.backends.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "sharing.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.PasswordAgainForm",
    "reset_password": "accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.FirstPasswordForm",
    "add_email": "accounts.forms.NewEmailForm",
    "confirm_email_verification_code": "accounts.forms.EmailCodeForm",
}
# No form makes the site send mail to emails that are not registered.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# The owner gets an email when the password changes.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,5/5m/key", "login": "60/m/ip"}
# A person has one address: a new one, proved by a mailed code, takes the place of the one before.
ACCOUNT_CHANGE_EMAIL = True
# What protects the sign-in is changed only by who has just shown that they are the person.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
PASSWORD_RESET_TIMEOUT = 3600
# A shared reading-room machine forgets you when its browser closes, whichever way you signed in: allauth asks its own
# setting after a password alone.
ACCOUNT_SESSION_REMEMBER = False
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

MFA_ADAPTER = "accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "authenticate": "accounts.forms.FactorCodeForm",
    "reauthenticate": "accounts.forms.FactorCodeAgainForm",
    "authenticate_webauthn": "accounts.forms.KeyAnswerForm",
    "reauthenticate_webauthn": "accounts.forms.KeyAgainForm",
}
# One step of 30 seconds before and after: telephones' clocks drift. `second_factor.use` takes no code twice.
MFA_TOTP_TOLERANCE = 1
# Superusers sign in with a second factor, whether or not their accounts require it of members.
CIMAR_SUPERUSER_SECOND_FACTOR = env.flag("CIMAR_SUPERUSER_SECOND_FACTOR", not CIMAR_DEVELOPMENT)
USERSESSIONS_TRACK_ACTIVITY = (
    False  # would write on every request; `accounts.middleware.idle` does once a minute
)

# Sign-in by an organisation's own OpenID Connect provider, matched to people by the address it has verified.
SOCIALACCOUNT_ADAPTER = "accounts.adapter.ProviderAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
# The client secrets of accounts' own providers: a name of a provider, a space, its secret.
CIMAR_OIDC_SECRETS: dict[str, str] = {}
for _line in env.listed("CIMAR_OIDC_SECRETS"):
    _name, _space, _secret = _line.partition(" ")
    if not _secret.strip():
        env.complain(
            "CIMAR_OIDC_SECRETS has a line without a secret. Each is a name, a space and the secret."
        )
    CIMAR_OIDC_SECRETS[_name] = _secret.strip()
if _issuer := env.text("CIMAR_OIDC_ISSUER").rstrip("/"):
    _client = {
        "client_id": env.text("CIMAR_OIDC_CLIENT_ID"),
        "secret": env.secret("CIMAR_OIDC_CLIENT_SECRET"),
    }
    if not all(_client.values()):
        env.complain(
            "CIMAR_OIDC_ISSUER is set, so CIMAR_OIDC_CLIENT_ID and CIMAR_OIDC_CLIENT_SECRET (or "
            "CIMAR_OIDC_CLIENT_SECRET_FILE) are needed too: the provider issues them when this site is registered."
        )
    _domains = [domain.lower() for domain in env.listed("CIMAR_OIDC_DOMAINS")]
    if not _domains:
        env.complain(
            "CIMAR_OIDC_ISSUER is set, so CIMAR_OIDC_DOMAINS is needed too: the domains, parted by commas, of the "
            "email addresses that this provider may vouch for."
        )
    if not CIMAR_DEVELOPMENT and not _issuer.startswith("https://"):
        env.complain("CIMAR_OIDC_ISSUER has to begin with https://: its answers decide who signs in.")
    _organisation = {
        "provider_id": "organisation",
        "name": env.text("CIMAR_OIDC_NAME", "your organisation"),
        # The provider vouches for emails of these domains alone.
        "settings": {"server_url": _issuer, "domains": _domains},
        **_client,
    }
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {"OAUTH_PKCE_ENABLED": True, "APPS": [_organisation]}

# Rights live on worklists in direct-foreign-key tables of the worklists app, and worklists/access/ alone reads them.
# So guardian's backend stays out: it would let user.has_perm() answer, superusers included.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
