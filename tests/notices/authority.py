"""A certificate authority of a county: made for a test, trusted only when the test says so."""

from __future__ import annotations

import datetime
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.notices.delivery import posting


@dataclass
class Authority:
    """One key and its certificate for 127.0.0.1 and localhost."""

    place: Path
    patch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        hosts = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        self.certificate.write_bytes(certificate.public_bytes(pem))
        self.key.write_bytes(key.private_bytes(pem, *plain))

    @property
    def certificate(self) -> Path:
        return self.place / "certificate.pem"

    @property
    def key(self) -> Path:
        return self.place / "key.pem"

    def serving(self) -> ssl.SSLContext:
        """What a server with this certificate needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def trust(self) -> None:
        """As IT does: SSL_CERT_FILE, and a new start of the worker."""
        self.patch.setenv("SSL_CERT_FILE", str(self.certificate))
        posting._context.cache_clear()
