"""What a deleted study leaves behind until a sweep removes it."""

from django.db import models


class Leftover(models.Model):
    """Bytes that a deleted study used. `removed` is empty until a sweep has handled them."""

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="leftovers")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    removed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "sha256"],
                name="a_deleted_study_leaves_the_same_bytes_once",
            ),
        ]

    def __str__(self) -> str:
        return f"leftover {self.pk}"
