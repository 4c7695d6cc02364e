"""The accounts app."""

from allauth.core.internal import ratelimit
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Of allauth's own, 10 and 1: a server that dies while it counts a try leaves the count locked, and whoever
        # signs in next would be told of too many tries. The lock is over (to the second) before they give up waiting.
        ratelimit.CACHE_LOCK_TIMEOUT, ratelimit.CACHE_LOCK_WAIT_TIMEOUT = 2, 4
