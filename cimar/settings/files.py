"""Where files lie: the site's own, and the images."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

from cimar.settings.where import BASE_DIR, CIMAR_DATA, CIMAR_DEVELOPMENT, env

# From the root of the site: before a path without its slash Django puts the beginning of the request it first meets,
# which may be that of a guest link.
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("CIMAR_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = CIMAR_DEVELOPMENT

# The proxy sends stored files on the site's word (deploy/nginx/stored.conf), from what it calls CIMAR_STORED_FILES.
CIMAR_PROXY_SENDS_FILES = env.flag("CIMAR_PROXY_SENDS_FILES", False)

# How many studies can be downloaded together.
CIMAR_DOWNLOAD_STUDIES = env.number("CIMAR_DOWNLOAD_STUDIES", 100)

# Where studies may be sent besides the public internet: networks of the hospital, in CIDR form. Into them, and nowhere
# else, plain HTTP and DIMSE without TLS are sent too; what is neither public nor named here is never called.
CIMAR_DESTINATION_NETWORKS = env.listed("CIMAR_DESTINATION_NETWORKS") or (
    ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
    if CIMAR_DEVELOPMENT
    else []
)
for _network in CIMAR_DESTINATION_NETWORKS:
    try:
        ip_network(_network)
    except ValueError:
        env.complain(
            f"CIMAR_DESTINATION_NETWORKS has {_network!r}. Name networks by their first address and the length of "
            "their prefix, parted by commas, such as 10.20.0.0/16."
        )
# Where `manage.py install_ohif` unpacks the full viewer, from which it is served.
CIMAR_OHIF_ROOT = Path(env.text("CIMAR_OHIF_ROOT", str(CIMAR_DATA / "ohif")))
# When the worker makes the view copies of series: after_arrival, first_opening or never.
CIMAR_VIEW_COPIES = env.text("CIMAR_VIEW_COPIES", "after_arrival")
if CIMAR_VIEW_COPIES not in ("after_arrival", "first_opening", "never"):
    env.complain(
        "CIMAR_VIEW_COPIES is none of after_arrival, first_opening and never. Set it to one of these."
    )

# TLS of the DIMSE receiver, with files of its certificate and key; with the authority's that its callers' certificates
# are signed by, a caller without one is put off.
CIMAR_DIMSE_TLS = env.flag("CIMAR_DIMSE_TLS", False)
CIMAR_DIMSE_CERTIFICATE_FILE = env.text("CIMAR_DIMSE_CERTIFICATE_FILE")
CIMAR_DIMSE_KEY_FILE = env.text("CIMAR_DIMSE_KEY_FILE")
CIMAR_DIMSE_CALLERS_FILE = env.text("CIMAR_DIMSE_CALLERS_FILE")
if CIMAR_DIMSE_TLS and not CIMAR_DIMSE_CERTIFICATE_FILE:
    env.complain(
        "CIMAR_DIMSE_TLS is on and CIMAR_DIMSE_CERTIFICATE_FILE is not set. Set it to the file of the receiver's "
        "certificate, and CIMAR_DIMSE_KEY_FILE to that of its key."
    )

if _bucket := env.text("CIMAR_S3_BUCKET"):
    if CIMAR_PROXY_SENDS_FILES:
        env.complain(
            "CIMAR_PROXY_SENDS_FILES and CIMAR_S3_BUCKET are both set. The proxy sends files of a local folder alone: "
            "unset one of them."
        )
    # Loaded here and not above: it takes a while, and only a bucket wants it.
    from botocore.config import Config

    _endpoint = env.text("CIMAR_S3_ENDPOINT")
    _dicom: dict[str, Any] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _bucket,
            "endpoint_url": _endpoint or None,
            "region_name": env.text("CIMAR_S3_REGION", "us-east-1"),
            # Without keys the machine's own role counts.
            "access_key": env.secret("CIMAR_S3_ACCESS_KEY") or None,
            "secret_key": env.secret("CIMAR_S3_SECRET_KEY") or None,
            "default_acl": None,
            "file_overwrite": True,
            # What is larger while it is read lies in a temporary file, not in memory.
            "max_memory_size": 16 * 1024**2,
            "client_config": Config(
                connect_timeout=3,
                read_timeout=30,
                retries={"max_attempts": 3, "mode": "standard"},
                # Stores of other makers support neither a bucket as a host name nor Amazon's trailing checksums.
                s3={"addressing_style": "path" if _endpoint else "auto"},
                request_checksum_calculation="when_required" if _endpoint else "when_supported",
                response_checksum_validation="when_required" if _endpoint else "when_supported",
            ),
        },
    }
else:
    if not CIMAR_DEVELOPMENT and "CIMAR_DATA" not in env:
        env.complain(
            "CIMAR_S3_BUCKET is not set. Set it to the bucket that keeps the images, with CIMAR_S3_ENDPOINT and its "
            "keys; or set CIMAR_DATA to a folder that every web process and worker shares."
        )
    _dicom = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": CIMAR_DATA / "dicom",
            # The proxy's user reads as a member of the group.
            "file_permissions_mode": 0o640 if CIMAR_PROXY_SENDS_FILES else 0o600,
            "directory_permissions_mode": 0o750 if CIMAR_PROXY_SENDS_FILES else 0o700,
        },
    }

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": CIMAR_DATA / "files"},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if CIMAR_DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
    "dicom": _dicom,
}
