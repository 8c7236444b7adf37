"""TLS by files: a certificate and its key are looked at before they serve, and taken up again when they have been renewed."""

from __future__ import annotations

import ssl
import stat
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from facility.errors import ConfigurationError
from facility.log import get_logger
from facility.ports import Clock

LOOK_S = 60.0
WARN_BEFORE = timedelta(days=14)
_CERTIFICATE, _KEY = "--tls-certificate", "--tls-key"
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The certificate with its chain, the server's own first, and its key; both PEM."""

    certificate: Path
    key: Path

    def check(self, now: datetime) -> tuple[str, ...]:
        """Return the names that the certificate is for.

        Raises
        ------
        ConfigurationError
            If a file cannot be read or used, they do not belong together, or the certificate does not hold now; with what to do.
        """
        chain = _certificates(self.certificate)
        _check_pair(chain, _private_key(self.key), self)
        _check_time(chain[0], self.certificate, now)
        return _names(chain[0])

    def renewed(self) -> tuple[int, ...]:
        """Return what changes when the files do."""
        return tuple(path.stat().st_mtime_ns for path in (self.certificate, self.key))


def keep_fresh(files: TlsFiles, context: ssl.SSLContext, clock: Clock, every_s: float = LOOK_S) -> None:
    """Start a thread that takes up renewed files for new connections; faulty ones leave those before in force."""
    threading.Thread(target=_look, args=(files, context, clock, every_s), name="tls", daemon=True).start()


def _look(files: TlsFiles, context: ssl.SSLContext, clock: Clock, every_s: float) -> None:
    served = files.renewed()
    while True:
        threading.Event().wait(every_s)
        try:
            if (found := files.renewed()) == served:
                continue
            served = found
            files.check(clock.now())
            context.load_cert_chain(files.certificate, files.key)
        except (
            ConfigurationError,
            OSError,
        ) as error:  # ssl.SSLError is one: the files are exchanged one after the other
            _log.error("renewed certificate not taken up; the one before serves on", reason=str(error))
        else:
            _log.info("renewed certificate taken up", file=str(files.certificate))


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path, _CERTIFICATE))
    except ValueError as error:
        raise ConfigurationError(f"{_CERTIFICATE} {path}: holds no certificate in PEM form") from error


def _private_key(path: Path) -> PrivateKeyTypes:
    data = _read(path, _KEY)
    if path.stat().st_mode & stat.S_IRWXO:  # a group may read it, as Debian's ssl-cert does
        raise ConfigurationError(f"{_KEY} {path}: the file is open to others; run: chmod o= {path}")
    try:
        return load_pem_private_key(data, None)
    except TypeError as error:
        advice = f"write it without, readable by facility alone: openssl pkey -in {path} -out FILE"
        raise ConfigurationError(f"{_KEY} {path}: the key has a password; {advice}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(f"{_KEY} {path}: holds no private key in PEM form") from error


def _read(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{option} {path}: cannot be read: {error.strerror}") from error


def _check_pair(chain: list[x509.Certificate], key: PrivateKeyTypes, files: TlsFiles) -> None:
    ours = [_public(certificate.public_key()) == _public(key.public_key()) for certificate in chain]
    if not any(ours):
        raise ConfigurationError(
            f"{_KEY} {files.key}: does not belong to {files.certificate}; give the two that were made together"
        )
    if not ours[0]:
        raise ConfigurationError(f"{_CERTIFICATE} {files.certificate}: put the server's own certificate first")


def _check_time(certificate: x509.Certificate, path: Path, now: datetime) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now >= ends:
        raise ConfigurationError(f"{_CERTIFICATE} {path}: ended on {ends:%Y-%m-%d %H:%M} UTC; renew it")
    if now < begins:
        raise ConfigurationError(f"{_CERTIFICATE} {path}: begins on {begins:%Y-%m-%d %H:%M} UTC; is the clock right?")
    if now >= ends - WARN_BEFORE:
        _log.warning("the certificate ends soon; renew it", file=str(path), ends=ends)


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(name for name in found.get_values_for_type(x509.DNSName) if "*" not in name)


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
