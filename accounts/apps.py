"""The accounts app."""

from allauth.core.internal import ratelimit
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # allauth's own values are 10 and 1: a server that dies while it counts a try leaves the count locked, and the
        # next sign-in would be refused for too many tries. With these the lock ends before the next sign-in gives up.
        ratelimit.CACHE_LOCK_TIMEOUT, ratelimit.CACHE_LOCK_WAIT_TIMEOUT = 2, 4
