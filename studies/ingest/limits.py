"""How much of anything one file may bring; `settings.CIMAR_INGEST_LIMITS` overrides single figures."""

from dataclasses import dataclass

from django.conf import settings

KB, MB, GB = 1024, 1024**2, 1024**3


@dataclass(frozen=True, kw_only=True)
class Limits:
    file_bytes: int = 2 * GB
    # What a deflated file may unpack to: pydicom inflates it in memory.
    inflated_bytes: int = 256 * MB
    # All of a file but its bulk (pixels, curves, documents, private bytes).
    header_bytes: int = 64 * MB
    # One of the values that we keep.
    value_bytes: int = 64 * KB
    # An enhanced object of 10,000 frames has about 600,000.
    elements: int = 1_000_000
    depth: int = 24

    archive_members: int = 20_000
    archive_bytes: int = 20 * GB
    # A blank 16-bit image packs 1,000 to 1, whole studies about 3 to 1: the ratio is asked of the archive as a whole,
    # and only once it has unpacked to more than the free allowance.
    archive_ratio: int = 100
    archive_free_bytes: int = 128 * MB
    archive_directory_bytes: int = 32 * MB

    upload_files: int = 5_000
    upload_bytes: int = 8 * GB


def limits() -> Limits:
    return Limits(**getattr(settings, "CIMAR_INGEST_LIMITS", {}))
