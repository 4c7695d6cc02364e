"""What people do on the started site, and what they have to see."""

import re

from tests.containers import manual
from tests.containers.engine import Failed
from tests.containers.installation import Installation
from tests.containers.people import Person

PASSWORD = "a-long-password-of-the-rehearsal"  # of nobody outside of the rehearsal


def first_administrator(installation: Installation) -> Person:
    """Whom the manual's command invited: by the mailed link to an account, and signed in again with the password."""
    (created,) = (line for line in manual.commands("Install") if "create_account" in line)
    email = created.split("--admin-email ")[1]
    register(installation, email, "Ada Lovelace")
    person = sign_in(installation, email)
    if "Northgate Hospital Administrator Active" not in person.get("/profile/memberships/").words:
        raise Failed(f"the invited administrator administers nothing: {person.page.words[:600]}")
    return person


def register(installation: Installation, email: str, name: str) -> Person:
    guest = Person(installation.door)
    guest.get(installation.mails.link(email))
    guest.submit("password", name=name, password=PASSWORD)
    code = re.search(r"Your code is (\d{6})", installation.mails.newest(email, after=1))
    if not code:
        raise Failed(f"the mail with the code for {email} holds none")
    guest.submit("code", code=code[1])
    return guest


def sign_in(installation: Installation, email: str, password: str = PASSWORD) -> Person:
    person = Person(installation.door)
    person.get("/sign-in/login/")
    page = person.submit("login", "password", login=email, password=password)
    if page.url.startswith("/sign-in"):
        raise Failed(f"signing in was refused: {page.words[:300]}")
    return person
