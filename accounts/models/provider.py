"""An account's own identity provider (OpenID Connect), and the email domains that it vouches for."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class IdentityProvider(models.Model):
    """Where people of an account sign in. The client secret is not stored: `CIMAR_OIDC_SECRETS` has it by `name`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.OneToOneField("accounts.Account", models.CASCADE, related_name="identity_provider")
    name = models.CharField(max_length=40, unique=True)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=255)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_provider_is_named_in_small_letters",
                condition=Q(name__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"),
            ),
            models.CheckConstraint(name="a_provider_has_an_issuer", condition=Q(issuer__regex=r"^https?://")),
            models.CheckConstraint(name="a_provider_has_a_client_id", condition=~Q(client_id="")),
        ]

    def __str__(self) -> str:
        return self.name


class ProviderDomain(models.Model):
    """A domain in its ASCII form, vouched for by one provider alone."""

    provider = models.ForeignKey(IdentityProvider, models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["domain"], name="one_provider_vouches_for_a_domain"),
        ]

    def __str__(self) -> str:
        return self.domain
