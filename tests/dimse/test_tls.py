"""The receiver with TLS: pynetdicom and DCMTK call it with and without a certificate that its authority signed."""

import io
import shutil
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from cimar.management.commands.receive_dicom import tls_context
from studies.models import Instance
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast
from tests.dimse.calling import CALLED, CALLING, LOCALHOST, called, enter, push, running, stored_bytes
from tests.factories import make_uid

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db(transaction=True)
SECONDARY = (str(SecondaryCaptureImageStorage), str(ExplicitVRLittleEndian))


class Authority:
    """Signs certificates; its own and theirs are files in a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(self.name, self.key, is_authority=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def _certificate(self, subject: x509.Name, key: Any, *, is_authority: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        for extension in (
            x509.BasicConstraints(ca=is_authority, path_length=None),
            x509.SubjectAlternativeName([x509.DNSName("localhost")]),
        ):
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def sign(self, name: str) -> tuple[str, str]:
        """The paths of a certificate and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate, private = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        made = self._certificate(subject, key, is_authority=False)
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return str(certificate), str(private)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "hospital")


@pytest.fixture
def secured(authority: Authority, settings: Any) -> Any:
    settings.CIMAR_DIMSE_TLS = True
    settings.CIMAR_DIMSE_CERTIFICATE_FILE, settings.CIMAR_DIMSE_KEY_FILE = authority.sign("receiver")
    return settings


def caller(authority: Authority, signed: tuple[str, str] | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.file))
    if signed:
        context.load_cert_chain(*signed)
    return context


def test_without_the_setting_there_is_no_tls() -> None:
    assert tls_context() is None


def test_a_caller_with_tls_stores(
    cast: Cast, dicom_storage: Path, secured: Any, authority: Authority
) -> None:
    enter(cast)

    with (
        running(tls=tls_context()) as port,
        called(port, SECONDARY, tls=caller(authority)) as association,
    ):
        assert push(association, sound()).Status == 0

    assert Instance.objects.count() == 1


def test_a_caller_without_tls_hears_nothing_and_leaves_room(
    cast: Cast, dicom_storage: Path, secured: Any, authority: Authority
) -> None:
    enter(cast)

    with running(tls=tls_context(), first_word=1) as port:
        with called(port) as plain:
            assert not plain.is_established
        with called(port, tls=caller(authority)) as association:
            assert association.is_established


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
def test_old_versions_of_tls_are_refused(
    cast: Cast, dicom_storage: Path, secured: Any, authority: Authority
) -> None:
    context = caller(authority)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1

    with running(tls=tls_context()) as port, called(port, tls=context) as association:
        assert not association.is_established


def test_callers_show_a_certificate_where_an_authority_is_given(
    cast: Cast, dicom_storage: Path, secured: Any, authority: Authority, tmp_path: Path
) -> None:
    enter(cast)
    secured.CIMAR_DIMSE_CALLERS_FILE = str(authority.file)
    stranger = Authority(tmp_path, "elsewhere").sign("stranger")

    with running(tls=tls_context()) as port:
        for signed in (None, stranger):
            with called(port, tls=caller(authority, signed)) as association:
                assert not association.is_established
        with called(port, tls=caller(authority, authority.sign("pacs"))) as association:
            assert association.is_established


def storescu(port: int, path: Path, *tls: str) -> int:
    """DCMTK's own requestor; its exit code."""
    command = ["storescu", "-aet", CALLING, "-aec", CALLED, *tls, LOCALHOST, str(port), str(path)]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode


@pytest.mark.skipif(shutil.which("storescu") is None, reason="DCMTK (Debian's dcmtk) is not installed here.")
def test_dcmtk_stores_with_tls_and_is_asked_for_its_certificate(
    cast: Cast, dicom_storage: Path, secured: Any, authority: Authority, tmp_path: Path
) -> None:
    enter(cast)
    secured.CIMAR_DIMSE_CALLERS_FILE = str(authority.file)
    uid = make_uid()
    path = tmp_path / "image.dcm"
    path.write_bytes(sound(SOPInstanceUID=uid, StudyInstanceUID=uid))
    trusts = ["+cf", str(authority.file)]
    certificate, key = authority.sign("pacs")
    elsewhere = Authority(tmp_path, "elsewhere")
    strange, strange_key = elsewhere.sign("stranger")

    with running(tls=tls_context()) as port:
        refused = [
            storescu(port, path),
            storescu(port, path, "+tla", *trusts),
            storescu(port, path, "+tls", strange_key, strange, *trusts),
            # It trusts another authority than the receiver's.
            storescu(port, path, "+tls", key, certificate, "+cf", str(elsewhere.file)),
        ]
        assert not Instance.objects.exists()
        stored = storescu(port, path, "+tls", key, certificate, *trusts)

    assert 0 not in refused
    assert stored == 0
    assert dcmread(io.BytesIO(stored_bytes(dicom_storage, uid))).PixelData == dcmread(path).PixelData


def test_a_certificate_that_cannot_be_used_is_named_before_it_listens(settings: Any, tmp_path: Path) -> None:
    settings.CIMAR_DIMSE_TLS, settings.CIMAR_DIMSE_CERTIFICATE_FILE = True, str(tmp_path / "none.pem")

    with pytest.raises(CommandError, match="certificate of the receiver"):
        tls_context()
