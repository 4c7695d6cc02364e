"""The identity providers of accounts: which one a person signs in with, by the email's domain or its own URL."""

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import IdentityProvider, ProviderDomain
from common.text import identity


def working_providers() -> QuerySet[IdentityProvider]:
    """Those whose client secret this site was given; without it no one can sign in."""
    rows = IdentityProvider.objects.filter(name__in=settings.CIMAR_OIDC_SECRETS)
    return rows.select_related("account")


def provider_with(uuid: UUID | str) -> IdentityProvider | None:
    return working_providers().filter(uuid=uuid).first()


def provider_for(email: str) -> IdentityProvider | None:
    """By the domain alone: whether anyone is registered with the email is not asked."""
    vouched = ProviderDomain.objects.filter(domain=domain_of(email))
    return working_providers().filter(pk__in=vouched.values("provider")).first()


def domains_of(provider: IdentityProvider) -> list[str]:
    return list(provider.domains.order_by("domain").values_list("domain", flat=True))


def domain_of(email: str) -> str:
    return identity(email).rpartition("@")[2]
