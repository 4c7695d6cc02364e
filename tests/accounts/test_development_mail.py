"""In development the mails that were sent can be read and their links clicked."""

from datetime import timedelta

import pytest

from accounts.mail import Message
from accounts.services import outbox

LIST = "/development/mail/"


@pytest.fixture
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = settings.CIMAR_MAIL_FOLDER = str(tmp_path / "mail")
    settings.CIMAR_DEVELOPMENT = True
    return tmp_path / "mail"


def send(number, text):
    message = Message(f"Mail {number}", text, "<p>HTML</p>")
    outbox.queue_written(
        kind="test", recipient=f"r{number}@example.org", message=message, good_for=timedelta(days=1)
    )


def test_mails_are_listed_the_latest_first_and_shown_with_their_links(client, db, folder):
    for number in range(3):
        send(number, f"Open http://127.0.0.1:8000/invitations/token{number}/ please — Grüße")
    outbox.deliver_waiting()
    found = client.get(LIST).context["mails"].object_list
    assert [mail.subject for mail in found] == ["Mail 2", "Mail 1", "Mail 0"]
    page = client.get(f"{LIST}{found[0].file}/{found[0].number}/").content.decode()
    assert '<a href="http://127.0.0.1:8000/invitations/token2/"' in page
    assert "Grüße" in page
    assert "r2@example.org" in page


def test_what_a_mail_holds_is_shown_as_text(client, db, folder):
    send(1, "<script>alert(1)</script> javascript:alert(1)")
    outbox.deliver_waiting()
    [mail] = client.get(LIST).context["mails"].object_list
    page = client.get(f"{LIST}{mail.file}/{mail.number}/").content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_without_mails_the_page_says_so(client, db, folder):
    assert "No mail has been sent yet." in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    "path", ["secret-key/0/", "..%2Fsecret-key/0/", "x.log/0/", "x.log/99999999999999999999/"]
)
def test_no_other_file_is_read(client, db, folder, path):
    folder.mkdir()
    (folder.parent / "secret-key").write_text("secret")
    assert client.get(LIST + path).status_code == 404


@pytest.mark.parametrize("path", [LIST, f"{LIST}x.log/0/"])
def test_elsewhere_the_page_does_not_exist(client, db, folder, settings, path):
    settings.CIMAR_DEVELOPMENT = False
    assert client.get(path).status_code == 404
