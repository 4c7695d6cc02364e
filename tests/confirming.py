"""Sign-ins and confirmations made to be some minutes old."""

from importlib import import_module

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.models import Session

Store = import_module(settings.SESSION_ENGINE).SessionStore
SOME_MINUTES = 301


def minutes_later() -> None:
    """Every sign-in and confirmation so far is older than the time for which it counts."""
    for key in Session.objects.values_list("session_key", flat=True):
        session = Store(key)
        records = session.get(AUTHENTICATION_METHODS_SESSION_KEY)
        if records:
            session[AUTHENTICATION_METHODS_SESSION_KEY] = [
                {**record, "at": record["at"] - SOME_MINUTES} for record in records
            ]
            session.save()
