"""The bucket for images."""

from typing import Any

from django.core.files.storage import storages
from django.core.management.base import CommandError


def make_bucket() -> None:
    """Make the bucket where it is missing. Nothing to do where images lie in a folder."""
    storage: Any = storages["dicom"]
    name = getattr(storage, "bucket_name", None)
    if name is None:
        return
    from botocore.exceptions import BotoCoreError, ClientError

    client = storage.connection.meta.client
    try:
        client.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
            raise CommandError(
                f"The store of images refuses us the bucket {name}: {error}\n"
                "The secrets s3_access_key and s3_secret_key have to be the ones that the store has for this bucket."
            ) from None
        client.create_bucket(Bucket=name)
    except BotoCoreError as error:
        raise CommandError(
            f"The store of images does not answer: {error}\n"
            "See whether it runs, and whether CIMAR_S3_ENDPOINT names it."
        ) from None
