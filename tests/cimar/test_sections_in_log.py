"""The proxy's log names the section of the site that a request was for: the list of them is the site's own."""

import re

from django.conf import settings
from django.urls import get_resolver

from cimar.installation import CHECKOUT

# For development and for those who run the site: not reached through the proxy.
INSIDE = {"development", "health", "metrics"}


def first_parts(resolver, before=""):
    """The first part of each URL, where it is a word."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern).lstrip("^")
        if "/" in route:
            yield route.partition("/")[0]
        elif hasattr(pattern, "url_patterns"):
            yield from first_parts(pattern, route)


def test_each_section_of_the_site_may_be_in_the_log():
    run = (CHECKOUT / "deploy" / "nginx" / "run").read_text()
    listed = set("|".join(re.findall(r"^sections='?\"?(?:\$sections\|)?([^'\"]+)", run, re.M)).split("|"))
    sections = {
        part for part in first_parts(get_resolver(settings.ROOT_URLCONF)) if re.fullmatch(r"[a-z-]+", part)
    }

    assert {"guest", "guest-links", "studies", "sign-in", "admin"} <= sections
    assert sections - INSIDE - listed == set()
