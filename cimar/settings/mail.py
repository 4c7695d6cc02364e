"""How mails leave, and who writes them."""

from cimar.settings.where import CIMAR_DATA, CIMAR_DEVELOPMENT, env

# Who writes the text of each kind of mail when its turn comes.
CIMAR_MAIL_KINDS = {
    "study_shared": "sharing.mail.study_shared",
    "notice": "sharing.notice_mail.notice",
    "daily_notices": "sharing.notice_mail.daily_notices",
    "invitation": "sharing.mail.invitation",
    "guest_link": "sharing.guest_mail.guest_link",
    "guest_link_asked": "sharing.guest_mail.guest_link_asked",
    "password_reset_key": "accounts.reset_mail.password_reset_key",
    "staff_invitation": "worklists.mail.staff_invitation",
    "upload_invitation": "worklists.mail.upload_invitation",
    "token_made": "worklists.mail.token_made",
    "account_name_waits": "worklists.mail.account_name_waits",
}
# How long a press of Share Studies can be undone; its mails wait as long. With 0 there is no Undo and nothing waits.
CIMAR_UNDO_SECONDS = env.number("CIMAR_UNDO_SECONDS", 30)
CIMAR_MAIL_FOLDER = CIMAR_DATA / "mail"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("CIMAR_MAIL_FROM", "CIMAR <no-reply@localhost>")
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", False)
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    env.complain(
        "EMAIL_USE_TLS and EMAIL_USE_SSL are both on. The first begins plain (port 587), the second does not."
    )
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_FILE_PATH = CIMAR_MAIL_FOLDER
if not EMAIL_HOST and CIMAR_DEVELOPMENT:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
elif not EMAIL_HOST:
    env.complain("EMAIL_HOST is not set. Set it to the name of the mail server that sends our mails.")
if not CIMAR_DEVELOPMENT and "CIMAR_MAIL_FROM" not in env:
    env.complain(
        "CIMAR_MAIL_FROM is not set. Set it to the sender of our mails, an address that your mail server lets us use."
    )
