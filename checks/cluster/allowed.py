"""What is read of a live cluster only when its operator allows it, because the right to it is worth a lot.

A kubelet's own configuration is behind `nodes/proxy`, which is as good as running commands on the node; the
API server's flags, counters and health are behind rights to paths. Of the answers few things are kept.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from checks.cluster import objects as o
from checks.cluster.connect import Api
from checks.cluster.errors import Absent, ClusterError, Forbidden
from checks.cluster.objects import wire
from checks.cluster.objects.arguments import DROPPED, ExtraArgs
from checks.cluster.parallel import in_parallel
from checks.model import CoverageState, KindCoverage
from checks.version import minor_of

METRICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "apiserver_audit_error_total": ("plugin",),
        "apiserver_audit_event_total": (),
        "apiserver_audit_level_total": ("level",),
        "apiserver_audit_requests_rejected_total": (),
        "apiserver_encryption_config_controller_automatic_reload_last_timestamp_seconds": ("status",),
        "apiserver_storage_transformation_operations_total": (
            "resource",
            "status",
            "transformation_type",
            "transformer_prefix",
        ),
    }
)
"""The counters and moments that are kept, and the labels that are kept of each."""

_SECONDS = 60.0
"""How long nodes are asked: one that is gone keeps the API server waiting for half a minute."""
_LINE = re.compile(rb"^(apiserver_[a-z_]+)(?:\{(.*)\})? ([0-9.eE+]+)$", re.MULTILINE)
_MOMENT = "_timestamp_seconds"
_LARGEST = 2.0**63
_LABEL = re.compile(r'\b(\w+)="((?:[^"\\]|\\.)*)"')
_HEALTH = re.compile(r"^\[([+-])\]([\w./-]+)", re.MULTILINE)
_FAILS = "internal server error: "
_ENDPOINTS = ("/livez", "/readyz", "/healthz/kms-providers")
_TELLS_FLAGS = 36
_FLAGZ = ", ".join(f"application/json;v={v};g=config.k8s.io;as=Flagz" for v in ("v1beta1", "v1alpha1"))
_Read = tuple[KindCoverage, tuple[Any, ...]]


class _Configz(Struct, frozen=True):
    kubeletconfig: o.KubeletConfiguration


class _KubeletFlags(Struct, frozen=True):
    hostname_override: str | None = msgspec.field(default=None, name="hostname-override")


class _KubeletFlagz(Struct, frozen=True):
    flags: _KubeletFlags


class _Flagz(Struct, frozen=True):
    """`flags`: of a value that is not in the table of flags nothing is kept while it is decoded."""

    kind: Literal["Flagz"]
    flags: ExtraArgs


def kubelet_configurations(api: Api, nodes: tuple[o.Node, ...]) -> _Read:
    """What each node's kubelet says its configuration is, a few nodes at a time.

    The first refusal ends it, because the right is the same for all nodes.
    """
    stop = time.monotonic() + min(_SECONDS, max(0.0, api.seconds_left))
    refused: list[Forbidden] = []

    def ask(node: o.Node) -> o.KubeletConfiguration | ClusterError | None:
        if refused or time.monotonic() > stop:
            return None
        try:
            return _asked(api, node)
        except Forbidden as error:
            refused.append(error)
            return error
        except ClusterError as error:
            return error

    by_name = {node.metadata.name: answer for node, answer in in_parallel(api, nodes, ask)}
    answers = [by_name.get(node.metadata.name) for node in nodes]
    read = tuple(answer for answer in answers if isinstance(answer, o.KubeletConfiguration))
    if nodes and not read:
        errors = [answer for answer in answers if isinstance(answer, ClusterError)]
        state = CoverageState.FORBIDDEN if refused else CoverageState.FAILED
        reason = "no right to get nodes/proxy; grant it, or give the files with --evidence"
        if not refused:
            reason = (
                f"no kubelet answered: {errors[0]}" if errors else "there was no time left to ask kubelets"
            )
        return _coverage(o.KubeletConfiguration, state, 0, reason), ()
    missing = len(nodes) - len(read)
    remark = f"{missing} of {len(nodes)} kubelets did not answer" if missing else None
    return _coverage(o.KubeletConfiguration, CoverageState.COLLECTED, len(read), remark), read


def _asked(api: Api, node: o.Node) -> o.KubeletConfiguration | None:
    """One kubelet's configuration, under its node's name; None for an answer that is something else."""
    body = api.get(f"/api/v1/nodes/{quote(node.metadata.name, safe='')}/proxy/configz")
    try:
        config: o.KubeletConfiguration = wire.decoder(_Configz).decode(body).kubeletconfig
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    named = o.Metadata(name=node.metadata.name, uid=node.metadata.uid)
    return replace(config, metadata=named, hostname_override=_override(api, node))


def _override(api: Api, node: o.Node) -> str | None:
    """What the kubelet's flag --hostname-override is; None where it does not tell."""
    if (minor_of(node.status.node_info.kubelet_version) or 0) < _TELLS_FLAGS:
        return None
    path = f"/api/v1/nodes/{quote(node.metadata.name, safe='')}/proxy/flagz"
    try:
        told: _KubeletFlagz = wire.decoder(_KubeletFlagz).decode(api.get(path, accept=_FLAGZ))
    except (ClusterError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return told.flags.hostname_override


def api_server_metrics(api: Api) -> _Read:
    """The counters and the health of the API server that answers."""
    try:
        samples = read_metrics(api.get("/metrics", accept="text/plain"))
    except Forbidden:
        reason = "no right to get the path /metrics; grant it"
        return _coverage(o.ApiServerMetrics, CoverageState.FORBIDDEN, 0, reason), ()
    except ClusterError as error:
        return _coverage(o.ApiServerMetrics, CoverageState.FAILED, 0, str(error)), ()
    found = o.ApiServerMetrics(
        metadata=o.Metadata(name="kube-apiserver"), samples=samples, health=tuple(_health(api))
    )
    return _coverage(o.ApiServerMetrics, CoverageState.COLLECTED, 1, None), (found,)


def api_server_flags(api: Api) -> _Read:
    """The flags that the API server that answers runs with."""
    kind, state = o.ApiServerFlags, CoverageState.FAILED
    try:
        told: _Flagz = wire.decoder(_Flagz).decode(api.get("/flagz", accept=_FLAGZ))
    except Forbidden:
        reason = "no right to get the path /flagz; grant it"
        return _coverage(kind, CoverageState.FORBIDDEN, 0, reason), ()
    except Absent:
        reason = f"the API server does not tell its flags (Kubernetes before 1.{_TELLS_FLAGS}, or turned off)"
        return _coverage(kind, state, 0, reason), ()
    except ClusterError as error:
        return _coverage(kind, state, 0, str(error)), ()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _coverage(kind, state, 0, "what the API server tells of its flags cannot be read"), ()
    kept = tuple((name, value) for name, value in told.flags.pairs if value != DROPPED)
    found = kind(metadata=o.Metadata(name="kube-apiserver"), flags=ExtraArgs(kept))
    return _coverage(kind, CoverageState.COLLECTED, 1, None), (found,)


def read_metrics(text: bytes | bytearray) -> tuple[o.Sample, ...]:
    """The metrics of `METRICS` in Prometheus' text format.

    Over the labels that are not kept counters are added up, and of moments the last one counts.
    """
    totals: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for name_, labels_, value in _LINE.findall(text):
        name = name_.decode()
        if name not in METRICS:
            continue
        kept = METRICS[name]
        labels = tuple(
            sorted(
                (key, text_)
                for key, text_ in _LABEL.findall(labels_.decode("utf-8", "replace"))
                if key in kept
            )
        )
        try:
            number = float(value)
        except ValueError:
            continue
        if number <= _LARGEST:
            before = totals.get((name, labels), 0.0)
            totals[name, labels] = max(before, number) if name.endswith(_MOMENT) else before + number
    return tuple(o.Sample(name, labels, value) for (name, labels), value in sorted(totals.items()))


def _health(api: Api) -> Iterator[o.HealthCheck]:
    """What the health endpoints say that may be asked and are there."""
    for endpoint in _ENDPOINTS:
        try:
            text = api.health(endpoint)
        except ClusterError:
            continue  # one that is refused, is not there or cannot answer says nothing that can be relied on
        checks = _HEALTH.findall(text)
        for sign, name in checks:
            yield o.HealthCheck(endpoint, name, sign == "+")
        if not checks and (text.strip() == "ok" or text.startswith(_FAILS)):
            yield o.HealthCheck(endpoint, endpoint.rpartition("/")[2], not text.startswith(_FAILS))


def _coverage(kind: type[o.Object], state: CoverageState, listed: int, reason: str | None) -> KindCoverage:
    return KindCoverage(kind.__name__, kind.api_version, state, listed, reason)
