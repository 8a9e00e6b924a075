"""What we take for defaults is what the real components say of themselves, and they list what we ask for."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from checks.cluster import objects as o
from checks.cluster.objects.arguments import FLAGS, Takes
from checks.cluster.source import LiveCluster, take_snapshot
from checks.control_plane.components import components
from checks.control_plane.server_flags import DEFAULT_PLUGINS, DEFAULTS
from checks.model import Status
from checks.registry import all_checks
from tests.harness.api_server import ApiServer
from tests.harness.fixture_snapshot import snapshot_of
from tests.kubernetes.build import binary, version_of

pytestmark = pytest.mark.kubernetes
_LINE = re.compile(r"^ +(?:-\w, )?--([a-z0-9-]+)(?: ([a-zA-Z0-9]+))?  +(.*)$", re.MULTILINE)
_LISTS = ("strings", "stringArray", "mapStringBool", "colonSeparatedMultimapStringString", "stringSlice")
_PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
_MORE = {"kube-apiserver": ("--audit-policy-file=/policy.yaml", "--audit-log-path=/audit.log")}
"""Without these some flags are not asked for."""


def pod(name: str, labels: dict[str, str], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def config_map(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


@pytest.fixture(scope="module")
def help_page() -> Mapping[str, tuple[str, str]]:
    """Every flag's type (empty for a switch) and description."""
    text = subprocess.run(
        [binary("kube-apiserver"), "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    return {name: (type_, rest) for name, type_, rest in _LINE.findall(text)}


def test_the_defaults_that_rules_rely_on_are_the_servers(help_page: Mapping[str, tuple[str, str]]) -> None:
    for name, value in DEFAULTS.items():
        assert f"(default {value})" in help_page[name][1]
    assert (
        "Defaults to AlwaysAllow if --authorization-config is not used" in help_page["authorization-mode"][1]
    )


def test_flags_take_what_the_server_says(help_page: Mapping[str, tuple[str, str]]) -> None:
    known = FLAGS.keys() & help_page.keys()
    assert len(known) > 40
    for name in known:
        type_ = help_page[name][0]
        expected = Takes.SWITCH if not type_ else Takes.LIST if type_ in _LISTS else Takes.TEXT
        assert (name, FLAGS[name]) == (name, expected)


@pytest.fixture(scope="module")
def defaults() -> Any:
    """What components run with when nothing is set, as their own packages have it."""
    done = subprocess.run([binary("rig"), "defaults"], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def statuses(program: str, flags: tuple[str, ...]) -> dict[str, list[Status]]:
    """What every check says of a control plane that is this one process."""
    image = f"registry.k8s.io/{program}:{version_of('k8s.io/kubernetes')}"
    container = {"name": program, "image": image, "command": [program, *_MORE.get(program, ()), *flags]}
    document = {**pod(program, {}, {"containers": [container]}), "metadata": {"namespace": "kube-system"}}
    document["metadata"] |= {"name": program}
    snapshot = snapshot_of(document)
    return {
        check.id: sorted(verdict.status for verdict in check.function(snapshot))
        for check in all_checks()
        if "ControlPlanePod" in check.population
    }


@pytest.mark.parametrize("program", _PROGRAMS)
def test_a_component_is_judged_alike_with_its_defaults_written_out(defaults: Any, program: str) -> None:
    flags = defaults[program]["flags"]
    written = [
        f"--{name}={flag['default']}" for name, flag in flags.items() if flag["default"] not in ("", "[]")
    ]
    assert len(written) > 20

    assert statuses(program, tuple(written)) == statuses(program, ())


def test_the_proxy_and_the_scheduler_take_the_same_for_what_their_files_leave_out(defaults: Any) -> None:
    proxy, scheduler = defaults["kube-proxy"], defaults["kube-scheduler"]
    assert proxy["config"]["metricsBindAddress"] == proxy["flags"]["metrics-bind-address"]["default"]
    assert scheduler["config"]["enableProfiling"] is (scheduler["flags"]["profiling"]["default"] == "true")


def test_flags_take_what_every_component_says(defaults: Any) -> None:
    for program in _PROGRAMS:
        flags = defaults[program]["flags"]
        for name in FLAGS.keys() & flags.keys():
            type_ = flags[name]["type"]
            expected = Takes.SWITCH if type_ == "bool" else Takes.LIST if type_ in _LISTS else Takes.TEXT
            assert (program, name, FLAGS[name]) == (program, name, expected)


def test_the_plugins_that_run_by_default_do(help_page: Mapping[str, tuple[str, str]]) -> None:
    listed = re.search(r"default enabled ones \(([^)]*)\)", help_page["enable-admission-plugins"][1])
    assert listed
    assert set(listed[1].split(", ")) >= DEFAULT_PLUGINS
    asked = ("DenyServiceExternalIPs", "EventRateLimit", "AlwaysAdmit", "AlwaysPullImages", "NodeRestriction")
    assert not set(listed[1].split(", ")) & set(asked)
    assert all(plugin in help_page["enable-admission-plugins"][1] for plugin in asked)


def test_a_live_cluster_shows_its_static_pods_and_component_configuration(api_server: ApiServer) -> None:
    spec = {"containers": [{"name": "x", "image": "x", "command": ["kube-apiserver", "--profiling=false"]}]}
    text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 10255\n"
    made = {"pod-template-hash": "x"}
    objects = (
        pod("kube-apiserver-cp-1", {}, spec),
        pod("made-by-a-controller", made, spec),
        {**config_map("kubelet-config"), "data": {"kubelet": text}},
        {**config_map("other"), "data": {"kubelet": text}},
    )
    stored = api_server.api.apply(*objects, namespace="kube-system")
    try:
        snapshot = take_snapshot(LiveCluster(kubeconfig=api_server.kubeconfig), progress=lambda *_: None)
    finally:
        api_server.api.delete(*stored)  # the server is every test's
    found = components(snapshot).api_servers
    assert [server.resource.name for server in found] == ["kube-apiserver-cp-1"]
    config = snapshot.all(o.ComponentConfigMap)
    assert [each.metadata.name for each in config] == ["kubelet-config"]
    assert config[0].data.kubelet is not None
    assert config[0].data.kubelet.config.read_only_port == 10255
