"""Every way a kubeconfig can be no use gives one message that says what to do next."""

import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.cluster import kubeconfig
from checks.cluster.errors import BadKubeconfig
from checks.cluster.kubeconfig import expiry, from_kubeconfig, in_cluster
from tests.checks.cluster.wire import write_kubeconfig

GIVEN_NOTHING = '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {}}'
SERVER = "https://127.0.0.1:1"


def exec_user(program: str) -> dict[str, Any]:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", program],
    }
    return {"exec": {**plugin, "interactiveMode": "Never"}}


def failure(path: Path, context: str | None = None) -> BadKubeconfig:
    with pytest.raises(BadKubeconfig) as caught:
        from_kubeconfig(path, context)
    assert caught.value.next_step
    return caught.value


def test_the_current_context_with_its_token(tmp_path: Path) -> None:
    configuration, name = from_kubeconfig(write_kubeconfig(tmp_path / "config", SERVER), None)
    assert name == "test"
    assert configuration.host == SERVER
    assert configuration.auth_settings()["BearerToken"]["value"] == "Bearer t0ken-of-the-test"


def test_where_it_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_kubeconfig(tmp_path / "config", SERVER)
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'nowhere'}:{path}")
    assert from_kubeconfig(None, None)[1] == "test"
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with pytest.raises(BadKubeconfig, match=r"no kubeconfig at ~/\.kube/config.*--in-cluster"):
        from_kubeconfig(None, None)
    (tmp_path / "home" / ".kube").mkdir(parents=True)
    path.rename(tmp_path / "home" / ".kube" / "config")
    assert from_kubeconfig(None, "test")[1] == "test"


def test_it_is_not_there(tmp_path: Path) -> None:
    assert str(tmp_path / "nowhere") in failure(tmp_path / "nowhere").message


def test_it_is_a_folder(tmp_path: Path) -> None:
    assert "cannot be read" in failure(tmp_path).message


@pytest.mark.parametrize(
    "text",
    ["", "a: [", "just words", "[1, 2]", "contexts: 3", "contexts: [{}]", "clusters: [{name: 3}]", "\x00"],
)
def test_it_is_broken(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    error = failure(path)
    assert str(path) in error.message


def test_an_unknown_context_names_the_known_ones(tmp_path: Path) -> None:
    error = failure(write_kubeconfig(tmp_path / "config", SERVER), "production")
    assert "no context production" in error.message
    assert "It has: test." in error.next_step


def test_no_current_context(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path / "config", SERVER)
    content = yaml.safe_load(path.read_text())
    del content["current-context"]
    path.write_text(yaml.safe_dump(content))
    assert "--context" in failure(path).next_step


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (
            {"client-certificate": "/nowhere/client.crt", "client-key": "/nowhere/client.key"},
            "/nowhere/client.crt",
        ),
        ({"tokenFile": "/nowhere/token"}, "/nowhere/token"),
    ],
)
def test_credentials_that_are_not_there(tmp_path: Path, user: dict[str, Any], said: str) -> None:
    assert said in failure(write_kubeconfig(tmp_path / "config", SERVER, **user)).message


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import sys; sys.exit('you are not logged in')", "you are not logged in"),
        ("print('not json')", "decode"),
        ("print('{}')", "missing key"),
        (f"print({GIVEN_NOTHING!r})", "missing token"),
    ],
)
def test_a_login_program_that_fails(
    tmp_path: Path, program: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    handlers = list(logging.getLogger().handlers)
    error = failure(write_kubeconfig(tmp_path / "config", SERVER, **exec_user(program)))
    assert said in error.message
    assert "by hand" in error.next_step
    assert logging.getLogger().handlers == handlers
    assert capfd.readouterr().err == ""


def test_a_login_program_that_is_not_there(tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-login-program"}}
    error = failure(write_kubeconfig(tmp_path / "config", SERVER, **user))
    assert "no-such-login-program" in error.message


def test_a_login_program_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeconfig, "LOGIN_SECONDS", 0.3)
    user = exec_user("import time; time.sleep(3)")
    assert "did not finish" in failure(write_kubeconfig(tmp_path / "config", SERVER, **user)).message


def test_a_login_program_that_works(tmp_path: Path) -> None:
    program = (
        'import json; print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1",'
        ' "kind": "ExecCredential", "status": {"token": "from-the-plugin"}}))'
    )
    configuration, _ = from_kubeconfig(
        write_kubeconfig(tmp_path / "config", SERVER, **exec_user(program)), None
    )
    assert configuration.auth_settings()["BearerToken"]["value"] == "Bearer from-the-plugin"


def test_outside_of_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(BadKubeconfig, match="--kubeconfig"):
        in_cluster()


def test_when_a_certificate_expires(tmp_path: Path) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key")
    made = subprocess.run(
        ["openssl", "req", "-x509", *key, "-out", "crt", "-days", "10", "-subj", "/CN=someone"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, f"openssl is needed (Debian: apt install openssl): {made.stderr.decode()}"
    end = expiry(str(tmp_path / "crt"))
    assert end is not None
    assert abs(end - datetime.now(UTC) - timedelta(days=10)) < timedelta(minutes=5)
    assert expiry(None) is None
    assert expiry(str(tmp_path / "key")) is None
