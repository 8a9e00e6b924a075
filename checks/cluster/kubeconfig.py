"""How to reach a cluster and as whom: read by the official client, its failures told in our words."""

from __future__ import annotations

import logging
import os
import re
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client import Configuration
from kubernetes.config import ConfigException, incluster_config
from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger

from checks.cluster.errors import BadKubeconfig

LOGIN_SECONDS = 120
"""How long an exec plugin may take; some open a browser for a person to log in."""

IN_CLUSTER = "in-cluster"
_DEFAULT = "~/.kube/config"
_MAX_REASON = 300
_TIME = rb"(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)"
_VALIDITY = re.compile(rb"\x30." + _TIME + _TIME, re.DOTALL)
_BROKEN = (AttributeError, KeyError, TypeError, ValueError, LookupError)


def from_kubeconfig(kubeconfig: Path | None, context: str | None) -> tuple[Configuration, str]:
    """The client's configuration and the context's name.

    kubeconfig: the file; when None, KUBECONFIG (which may list several), else ~/.kube/config.
    context: when None, the current one.
    Raises BadKubeconfig when it is absent, unreadable or broken, when there is no such context, and when the
    exec plugin that it names fails.
    """
    where = str(kubeconfig) if kubeconfig else os.environ.get("KUBECONFIG") or _DEFAULT
    merged = _merged(where)
    name = context or _current(merged, where)
    names = _contexts(merged)
    if name not in names:
        known = f"It has: {', '.join(names)}." if names else "It has no contexts at all."
        raise BadKubeconfig(
            f"There is no context {name} in the kubeconfig {where}.", f"{known} Choose one of them."
        )
    configuration = Configuration()
    with _logged_errors() as reasons:
        _within(LOGIN_SECONDS, lambda: _load(merged, name, configuration, where))
    _no_credentials(merged, name, configuration, reasons)
    return configuration, name


def in_cluster() -> tuple[Configuration, str]:
    """The configuration that Kubernetes gives a pod. Raises BadKubeconfig outside of one."""
    configuration = Configuration()
    try:
        incluster_config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise BadKubeconfig(
            f"This does not run in a cluster with a service account: {str(error).rstrip('.')}.",
            "Outside of a cluster use --context or --kubeconfig; in a pod let the token be mounted.",
        ) from error
    return configuration, IN_CLUSTER


def expiry(certificate: str | None) -> datetime | None:
    """When a certificate file (PEM) expires; None when that cannot be told."""
    try:
        pem = Path(certificate or "").read_text(encoding="ascii")
        body = pem.split("-----BEGIN CERTIFICATE-----", 1)[1].split("-----END", 1)[0]
        found = _VALIDITY.search(b64decode(body))
    except (OSError, ValueError, IndexError):
        return None
    if found is None:
        return None
    short, long = found.group(3), found.group(4)
    text = (short or long).decode()
    return datetime.strptime(text, "%y%m%d%H%M%S" if short else "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _merged(where: str) -> Any:
    paths = [Path(path).expanduser() for path in where.split(os.pathsep) if path]
    if not any(path.exists() for path in paths):
        raise BadKubeconfig(
            f"There is no kubeconfig at {where}.",
            "Name one with --kubeconfig or KUBECONFIG; in a pod, use --in-cluster.",
        )
    try:
        merged = KubeConfigMerger(where).config  # type: ignore[no-untyped-call]
        _contexts(merged)
    except OSError as error:
        raise BadKubeconfig(
            f"The kubeconfig {where} cannot be read: {error.strerror}.", "Check its permissions."
        ) from error
    except (yaml.YAMLError, ConfigException, *_BROKEN) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise BadKubeconfig(
            f"The kubeconfig {where} is broken{line}.", "`kubectl config view` shows what is wrong with it."
        ) from error
    return merged


def _contexts(merged: Any) -> list[str]:
    return [str(each["name"]) for each in merged["contexts"].value]


def _current(merged: Any, where: str) -> str:
    name = merged.safe_get("current-context")
    if not name:
        known = ", ".join(_contexts(merged)) or "none"
        raise BadKubeconfig(
            f"The kubeconfig {where} has no current context.", f"Name one with --context. It has: {known}."
        )
    return str(name)


def _load(merged: Any, context: str, configuration: Configuration, where: str) -> None:
    try:
        loader = KubeConfigLoader(merged, context)  # type: ignore[no-untyped-call]
        loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError, ssl.SSLError, *_BROKEN) as error:
        told = isinstance(error, ConfigException | OSError)
        reason = str(error)[:_MAX_REASON].rstrip(".") if told else "it is not complete"
        raise BadKubeconfig(
            f"The context {context} in the kubeconfig {where} cannot be used: {reason}.",
            "Mend it, or fetch a new kubeconfig from whoever runs the cluster.",
        ) from error


def _no_credentials(merged: Any, context: str, configuration: Configuration, reasons: list[str]) -> None:
    """Refuse to go on as nobody when an exec plugin gave no credentials: the client only logs that."""
    if configuration.api_key or configuration.cert_file:
        return
    plugin = _exec_command(merged, context)
    if plugin is None:
        return
    why = f": {reasons[0][:_MAX_REASON].strip()}" if reasons else ""
    raise BadKubeconfig(
        f"The login program {plugin} of context {context} gave no credentials{why}.",
        f"Run `{plugin}` by hand; log in again or install it.",
    )


def _exec_command(merged: Any, context: str) -> str | None:
    user = merged["contexts"].get_with_name(context)["context"].safe_get("user")
    entry = merged["users"].get_with_name(user, safe=True) if user else None
    plugin = entry["user"].safe_get("exec") if entry else None
    return str(plugin["command"]) if plugin else None


@contextmanager
def _logged_errors() -> Iterator[list[str]]:
    """Catch what the client writes to the root logger instead of raising it, and keep it out of the log."""
    messages: list[str] = []
    root = logging.getLogger()

    def caught(record: logging.LogRecord) -> bool:
        mine = record.pathname.endswith("kube_config.py")
        if mine:
            messages.append(record.getMessage())
        return not mine

    handler = logging.NullHandler()  # without any, the client's call would set up logging for everybody
    root.addHandler(handler)
    root.addFilter(caught)
    try:
        yield messages
    finally:
        root.removeFilter(caught)
        root.removeHandler(handler)


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Do it in another thread, so that a login program that hangs does not hang us."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed over to the caller
            failures.append(error)

    thread = threading.Thread(target=run, name="login", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise BadKubeconfig(
            f"The kubeconfig's login program did not finish in {seconds:.0f} s.", "Run it by hand and log in."
        )
    if failures:
        raise failures[0]
