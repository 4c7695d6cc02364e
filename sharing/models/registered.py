"""The register of an account: which shares it holds. A trigger writes it with the share; no one else does."""

from django.db import models
from django.db.models import F, Q

from sharing.models.share import Method


class RegisteredShare(models.Model):
    """A share in the register of an account, with what of the share never changes, so that it can be an index.

    A share is in the register of the account it was made from, of the account it goes to, and of the account in whose
    directory its target was; and, where it was made inside, of the study's home. `is_outside`: by email, or by a code
    to a worklist that is not of the account the study was shared from.
    """

    account = models.ForeignKey(
        "accounts.Account", models.CASCADE, related_name="registered_shares", db_index=False
    )
    share = models.ForeignKey("sharing.Share", models.CASCADE, related_name="registered", db_index=False)
    method = models.CharField(max_length=10, choices=Method)
    is_outside = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(F("share"), F("account"), name="a_share_is_in_a_register_once"),
        ]
        indexes = [
            models.Index(fields=["account", "-share"], name="register_of_an_account"),
            models.Index(fields=["account", "method", "-share"], name="register_by_method"),
            models.Index(
                fields=["account", "-share"], name="register_of_outside_shares", condition=Q(is_outside=True)
            ),
        ]

    def __str__(self) -> str:
        return f"share {self.share_id} of account {self.account_id}"
