"""TLS against a real server with certificates that are wrong in each way one can be."""

import base64
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.cluster.connect import Api, Limits, open_api
from checks.cluster.errors import BadKubeconfig, ClusterError, Unauthorized, Untrusted
from checks.cluster.targets import LiveCluster

QUICK = Limits(connect=2, read=2, total=5, pause=0.01)
PAST = ("-not_before", "20200101000000Z", "-not_after", "20210101000000Z")
FUTURE = ("-not_before", "20900101000000Z", "-not_after", "20910101000000Z")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def openssl(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"openssl is needed (Debian: apt install openssl): {done.stderr}"


class Authority:
    """A certificate authority and what it signs, as PEM files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        openssl(
            folder,
            "req",
            "-x509",
            *key,
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
            "-subj",
            "/CN=test",
            "-days",
            "9",
        )
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\n"
            "policy=p\ncertificate=ca.crt\nprivate_key=ca.key\nunique_subject=no\ncopy_extensions=copy\n"
            "[p]\ncommonName=supplied\n"
        )
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")

    def sign(
        self, name: str, address: str = "IP:127.0.0.1", validity: tuple[str, ...] = ("-days", "9")
    ) -> Path:
        """A certificate; its key is beside it as `.key`."""
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        openssl(
            self.folder, "req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={name}", "-addext", f"subjectAltName={address}",
        )  # fmt: skip
        dates = [
            each.replace("-not_before", "-startdate").replace("-not_after", "-enddate") for each in validity
        ]
        openssl(
            self.folder, "ca", "-batch", "-config", "ca.cnf", "-notext",
            "-in", f"{name}.csr", "-out", f"{name}.crt", *dates,
        )  # fmt: skip
        return self.folder / f"{name}.crt"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def drain(connection: socket.socket) -> None:
    """Take what is still coming, so that closing does not reset the connection before the alert is read."""
    with suppress(OSError):
        while socket.socket.recv(connection, 1 << 16):
            pass


@contextmanager
def serving(certificate: Path, client_authority: Path | None = None) -> Iterator[str]:
    """A TLS server that answers every connection once, and asks for client certificates when told to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    if client_authority:
        context.load_verify_locations(client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secure:
                try:
                    secure.do_handshake()
                    secure.recv(1 << 16)
                    secure.sendall(ANSWER)
                except OSError:
                    drain(secure)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def connect(folder: Path, server: str, authority: Path | None, **more: Any) -> Api:
    cluster = {"server": server} | ({"certificate-authority": str(authority)} if authority else {})
    cluster |= more.pop("cluster", {})
    content = {
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": more or {"token": "t"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    return open_api(LiveCluster(path), QUICK)


def failure(folder: Path, server: str, authority: Path | None, **more: Any) -> ClusterError:
    with pytest.raises(ClusterError) as caught, connect(folder, server, authority, **more) as api:
        api.get("/x")
    assert caught.value.next_step
    return caught.value


def test_a_certificate_that_is_right(tmp_path: Path, authority: Authority) -> None:
    with (
        serving(authority.sign("good")) as server,
        connect(tmp_path, server, authority.folder / "ca.crt") as api,
    ):
        assert bytes(api.get("/x")) == b"{}"


def test_it_has_expired(tmp_path: Path, authority: Authority) -> None:
    with serving(authority.sign("expired", validity=PAST)) as server:
        error = failure(tmp_path, server, authority.folder / "ca.crt")
    assert isinstance(error, Untrusted)
    assert "has expired" in error.message
    assert "Renew" in error.next_step


def test_it_is_not_valid_yet(tmp_path: Path, authority: Authority) -> None:
    with serving(authority.sign("early", validity=FUTURE)) as server:
        error = failure(tmp_path, server, authority.folder / "ca.crt")
    assert "not valid yet" in error.message
    assert "clock" in error.next_step


def test_it_is_for_another_name(tmp_path: Path, authority: Authority) -> None:
    with serving(authority.sign("other", address="DNS:other.example")) as server:
        error = failure(tmp_path, server, authority.folder / "ca.crt")
        assert "for another name" in error.message
        with connect(
            tmp_path, server, authority.folder / "ca.crt", cluster={"tls-server-name": "other.example"}
        ) as api:
            assert bytes(api.get("/x")) == b"{}"


@pytest.mark.parametrize("known", [False, True])
def test_an_authority_that_is_not_trusted(
    tmp_path: Path, authority: Authority, tmp_path_factory: pytest.TempPathFactory, known: bool
) -> None:
    other = Authority(tmp_path_factory.mktemp("other")).folder / "ca.crt" if known else None
    with serving(authority.sign("untrusted")) as server:
        error = failure(tmp_path, server, other)
    assert isinstance(error, Untrusted)
    assert "not trusted" in error.message
    assert "certificate-authority-data" in error.next_step


def test_a_client_certificate(tmp_path: Path, authority: Authority) -> None:
    mine = authority.sign("someone")
    user = {"client-certificate": str(mine), "client-key": str(mine.with_suffix(".key"))}
    with (
        serving(authority.sign("server-1"), authority.folder / "ca.crt") as server,
        connect(tmp_path, server, authority.folder / "ca.crt", **user) as api,
    ):
        assert bytes(api.get("/x")) == b"{}"


def test_a_client_certificate_that_has_expired(tmp_path: Path, authority: Authority) -> None:
    mine = authority.sign("former", validity=PAST)
    user = {"client-certificate": str(mine), "client-key": str(mine.with_suffix(".key"))}
    with serving(authority.sign("server-2"), authority.folder / "ca.crt") as server:
        error = failure(tmp_path, server, authority.folder / "ca.crt", **user)
    assert isinstance(error, Unauthorized)
    assert "expired on 2021-01-01" in error.message


def test_no_client_certificate_where_one_is_wanted(tmp_path: Path, authority: Authority) -> None:
    with serving(authority.sign("server-3"), authority.folder / "ca.crt") as server:
        error = failure(tmp_path, server, authority.folder / "ca.crt")
    assert "certificate required" in error.message


def test_a_server_that_does_not_speak_tls(tmp_path: Path) -> None:
    from tests.checks.cluster.wire import Wire

    with Wire() as wire:
        error = failure(tmp_path, wire.url.replace("http:", "https:"), None)
    assert "does not speak TLS" in error.message


@pytest.mark.parametrize("broken", ["authority", "certificate", "missing"])
def test_certificates_that_are_none(tmp_path: Path, authority: Authority, broken: str) -> None:
    good = authority.sign("server-4")
    nonsense = base64.b64encode(b"nonsense").decode()
    cluster = {"certificate-authority-data": nonsense} if broken == "authority" else {}
    user = (
        {"client-certificate-data": nonsense, "client-key-data": nonsense} if broken == "certificate" else {}
    )
    ca = tmp_path / "nowhere.crt" if broken == "missing" else authority.folder / "ca.crt"
    with serving(good) as server:
        error = failure(tmp_path, server, None if broken == "authority" else ca, cluster=cluster, **user)
    assert isinstance(error, BadKubeconfig)
    assert "certificate" in error.message
