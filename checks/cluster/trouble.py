"""What went wrong with a connection, in words that say what to do, whatever library noticed it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

from urllib3 import exceptions as u

from checks.cluster.errors import BadAnswer, BadKubeconfig, ClusterError, Unauthorized, Unreachable, Untrusted
from checks.cluster.kubeconfig import expiry

_EXPIRED, _NOT_YET_VALID = 10, 9
_UNKNOWN_AUTHORITY = frozenset((18, 19, 20, 21))
_WRONG_NAME = frozenset((62, 64))
_NOT_TLS = frozenset(
    ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
)
_OUR_FILES = frozenset(("X509", "PEM", "ASN1", "KEY_VALUES_MISMATCH"))
_CHECK_SERVER = "Check `server:` in the kubeconfig, the network and the VPN."


def shown(address: str) -> str:
    """An address without user and password."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the server"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}" if host else "the server"


def connection_error(error: Exception, server: str, certificate: str | None = None) -> ClusterError:
    """The ClusterError for a failed connection to `server`; `certificate` is our client certificate."""
    where = shown(server)
    tls = _tls(error)
    checked = isinstance(tls, ssl.SSLCertVerificationError)
    if isinstance(error, u.ProtocolError | u.SSLError) and not checked and _expired(certificate):
        return rejected(server, certificate)  # servers that refuse one often hang up before they say why
    if tls is not None:
        return _tls_error(tls, where, certificate)
    return _network_error(error, where) if isinstance(error, u.HTTPError) else _setup_error(error, where)


def _network_error(error: u.HTTPError, where: str) -> ClusterError:
    match error:
        case u.ProxyError():
            return Unreachable(
                f"The proxy on the way to {where} cannot be used.",
                "Check HTTPS_PROXY, NO_PROXY and `proxy-url:` in the kubeconfig.",
            )
        case u.NameResolutionError():
            return Unreachable(f"The name in {where} is not known.", _CHECK_SERVER)
        case u.NewConnectionError():
            return Unreachable(f"{where} refuses the connection or cannot be reached.", _CHECK_SERVER)
        case u.ConnectTimeoutError():
            return Unreachable(f"{where} does not answer: no connection in time.", _CHECK_SERVER)
        case u.ReadTimeoutError():
            return Unreachable(
                f"{where} took the connection but did not answer in time.",
                "Check the API server's load and what lies between, then try again.",
            )
        case u.DecodeError():
            return BadAnswer(
                f"The answer of {where} is not compressed as it says.",
                "Check what lies between here and there.",
            )
        case u.LocationValueError():
            return not_an_address()
        case _:
            return Unreachable(
                f"The connection to {where} broke.", "Try again; check the network if it stays."
            )


def _setup_error(error: Exception, where: str) -> ClusterError:
    match error:
        case ValueError():
            return not_an_address()
        case OSError(filename=name, strerror=reason) if name:
            return BadKubeconfig(
                f"The certificate or key file {name} cannot be read: {reason}.", "Mend it in the kubeconfig."
            )
        case _:
            return _bad_certificates(where)


def _bad_certificates(where: str) -> BadKubeconfig:
    return BadKubeconfig(
        f"The certificates for {where} cannot be used.",
        "Check certificate-authority, client-certificate and client-key in the kubeconfig.",
    )


def not_an_address() -> BadKubeconfig:
    """The error for a server that is no address."""
    return BadKubeconfig(
        "The kubeconfig's `server:` is not an address.", "It looks like https://example.com:6443; mend it."
    )


def is_tls(error: BaseException) -> bool:
    """Whether TLS is what failed."""
    return _tls(error) is not None


def rejected(server: str, certificate: str | None) -> Unauthorized:
    """The error for credentials that were not accepted."""
    if (end := _expired(certificate)) is not None:
        return Unauthorized(
            f"The client certificate for {shown(server)} expired on {end:%Y-%m-%d}.",
            "Renew it, or fetch a new kubeconfig from whoever runs the cluster.",
        )
    return Unauthorized(
        f"{shown(server)} does not accept the credentials (401).",
        "Log in again, or fetch a new kubeconfig: the token may be wrong, revoked or expired.",
    )


def _expired(certificate: str | None) -> datetime | None:
    """When the client certificate expired; None when it has not."""
    end = expiry(certificate)
    return end if end is not None and end < datetime.now(UTC) else None


def _tls(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS failure inside an error, if there is one."""
    for _ in range(10):
        if error is None or isinstance(error, ssl.SSLError):
            return error
        inner = next((each for each in error.args if isinstance(each, BaseException)), None)
        error = inner or error.__cause__ or error.__context__
    return None


def _tls_error(error: ssl.SSLError, where: str, certificate: str | None) -> ClusterError:
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    reason = (error.reason or "").upper()
    if code == _EXPIRED:
        return Untrusted(
            f"The certificate of {where} has expired.",
            "Renew it (`kubeadm certs renew apiserver`), or set this machine's clock right.",
        )
    if code == _NOT_YET_VALID:
        return Untrusted(f"The certificate of {where} is not valid yet.", "Set this machine's clock right.")
    if code in _UNKNOWN_AUTHORITY:
        return Untrusted(
            f"The certificate of {where} is signed by an authority that is not trusted.",
            "Put the cluster's authority into `certificate-authority-data:` of the kubeconfig.",
        )
    if code in _WRONG_NAME:
        return Untrusted(
            f"The certificate of {where} is for another name.",
            "Use a name that is in the certificate, or set `tls-server-name:` in the kubeconfig.",
        )
    if error.library in _OUR_FILES or reason in _OUR_FILES or "PEM lib" in str(error):
        return _bad_certificates(where)
    if reason in _NOT_TLS:
        return Untrusted(
            f"{where} does not speak TLS.", "Check the port in `server:`, and whether it is https."
        )
    if "ALERT" in reason and certificate:
        return rejected(where, certificate)
    what = (error.reason or "the TLS handshake failed").replace("_", " ").lower()
    return Untrusted(
        f"No secure connection to {where}: {what}.",
        "Check the certificates in the kubeconfig and what lies between.",
    )
