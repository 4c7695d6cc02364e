"""An account's own identity provider: set and removed by the platform, since it decides who signs in as whom."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, IdentityProvider, ProviderDomain
from accounts.selectors.providers import domains_of
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from common.text import tidy_text
from worklists.events import on_account
from worklists.permissions import check_administers
from worklists.services.account_names import tidied_domain
from worklists.services.common import locked

MOST_DOMAINS = 50
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
BAD_NAME = gettext_noop("Use small letters, digits and single hyphens, 40 characters at most.")
BAD_ISSUER = gettext_noop("Enter the issuer’s URL, which begins with https:// and has no query.")
NO_DOMAIN = gettext_noop("Enter at least one domain of the organisation’s email addresses.")


@transaction.atomic
def set_provider(
    *, account: Account, name: str, issuer: str, client_id: str, domains: Collection[str], by: Actor
) -> IdentityProvider:
    """The account's provider, new or changed. It vouches for emails of these domains alone, and no other provider does.

    The same values again change nothing.
    """
    check_administers(by, None)
    account = locked(account)
    wanted = {"name": _name(name), "issuer": _issuer(issuer), "client_id": _client(client_id)}
    vouched = _domains(domains)
    provider = IdentityProvider.objects.filter(account=account).first()
    was = _recorded(provider) if provider is not None else {}
    now = {**wanted, "domains": vouched}
    if was == now:
        assert provider is not None
        return provider
    _check_free(account, wanted["name"], vouched)
    provider, _new = IdentityProvider.objects.update_or_create(account=account, defaults=wanted)
    provider.domains.exclude(domain__in=vouched).delete()
    ProviderDomain.objects.bulk_create(
        (ProviderDomain(provider=provider, domain=domain) for domain in vouched), ignore_conflicts=True
    )
    record(Action.PROVIDER_CHANGE, by=by, on=on_account(account, was=was, now=now))
    return provider


@transaction.atomic
def remove_provider(*, account: Account, by: Actor) -> None:
    """People of the account sign in with their passwords; sessions that are open stay open."""
    check_administers(by, None)
    account = locked(account)
    provider = IdentityProvider.objects.filter(account=account).first()
    if provider is None:
        raise NothingThere
    was = _recorded(provider)
    provider.delete()
    record(Action.PROVIDER_REMOVE, by=by, on=on_account(account, was=was))


def _recorded(provider: IdentityProvider) -> dict[str, object]:
    return {
        "name": provider.name, "issuer": provider.issuer, "client_id": provider.client_id,
        "domains": domains_of(provider),
    }  # fmt: skip


def _check_free(account: Account, name: str, domains: Collection[str]) -> None:
    others = IdentityProvider.objects.exclude(account=account)
    if others.filter(name=name).exists():
        raise ValidationError({"name": _("Another account’s provider has this name.")})
    taken = ProviderDomain.objects.filter(domain__in=domains).exclude(provider__account=account)
    if domain := taken.order_by("domain").values_list("domain", flat=True).first():
        sentence = _("Another account’s provider vouches for %(domain)s.")
        raise ValidationError({"domains": sentence % {"domain": domain}})


def _name(typed: str) -> str:
    name = typed.strip()
    if len(name) > 40 or not NAME.fullmatch(name):
        raise ValidationError({"name": _(BAD_NAME)})
    return name


def _issuer(typed: str) -> str:
    issuer = typed.strip().rstrip("/")
    try:
        parts = urlsplit(issuer)
        valid = (
            parts.port != 0
            and bool(parts.hostname)
            and not (parts.query or parts.fragment or "@" in parts.netloc)
        )
    except ValueError:
        raise ValidationError({"issuer": _(BAD_ISSUER)}) from None
    schemes = ("https", "http") if settings.CIMAR_DEVELOPMENT else ("https",)
    printed = issuer.isascii() and issuer.isprintable() and " " not in issuer
    if not valid or not printed or parts.scheme not in schemes or len(issuer) > 500:
        raise ValidationError({"issuer": _(BAD_ISSUER)})
    return issuer


def _client(typed: str) -> str:
    try:
        return tidy_text(typed, what=_("A client ID"), longest=255)
    except ValidationError as error:
        raise ValidationError({"client_id": error.messages}) from error


def _domains(typed: Collection[str]) -> list[str]:
    try:
        domains = sorted({domain for domain in map(tidied_domain, typed) if domain})
    except ValidationError as error:
        raise ValidationError({"domains": error.messages}) from error
    if not domains:
        raise ValidationError({"domains": _(NO_DOMAIN)})
    if len(domains) > MOST_DOMAINS:
        raise ValidationError({"domains": _("Enter %(most)s domains at most.") % {"most": MOST_DOMAINS}})
    return domains
