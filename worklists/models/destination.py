"""Where studies of an account can be sent: a PACS or another system, by DICOMweb or by DIMSE."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from common.names import IdentityField
from worklists.models.worklist import AE_TITLE

OUR_AE_TITLE = "CIMAR"


class DestinationQuerySet(models.QuerySet["Destination"]):
    def live(self) -> Self:
        return self.filter(ended_at=None)


class Destination(models.Model):
    """A system that an administrator entered. It has a DICOMweb URL, or an AE title with host and port.

    `sealed_secret` is encrypted (`accounts.sealing`): with a user name it is the password of Basic, without it a bearer
    token. It is never shown again.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="destinations")
    name = models.CharField(max_length=100)
    identity = IdentityField(of="name")
    url = models.CharField(max_length=500, blank=True, default="", db_default="")
    username = models.CharField(max_length=200, blank=True, default="", db_default="")
    sealed_secret = models.TextField(blank=True, default="", db_default="")
    ae_title = models.CharField(max_length=16, blank=True, default="", db_default="")
    # What we call ourselves by there.
    calling_ae_title = models.CharField(
        max_length=16, blank=True, default=OUR_AE_TITLE, db_default=OUR_AE_TITLE
    )
    host = models.CharField(max_length=253, blank=True, default="", db_default="")
    port = models.PositiveIntegerField(null=True, blank=True)
    tls = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = DestinationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "identity"],
                condition=Q(ended_at=None),
                name="a_destination_name_is_used_once_in_an_account_as_it_reads",
            ),
            models.CheckConstraint(name="a_destination_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="a_destination_has_a_url_or_an_ae_title_with_host_and_port",
                condition=Q(url__regex=r"^https?://", ae_title="", host="", port=None)
                | (
                    Q(url="", username="", sealed_secret="", ae_title__regex=AE_TITLE)
                    & Q(calling_ae_title__regex=AE_TITLE, port__gte=1, port__lte=65535)
                    & ~Q(host="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_dicomweb(self) -> bool:
        return bool(self.url)
