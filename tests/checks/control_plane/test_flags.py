"""Flags are read as Go's pflag reads them, and nothing that may be a secret survives decoding."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.cluster.objects.arguments import Arguments, words
from checks.control_plane.components import Component, components
from checks.control_plane.flags import FlagValue, seconds
from checks.model import Evidence
from tests.harness.fixture_snapshot import snapshot_of

SECRET = "correct-horse-battery"


def pod(**container: object) -> dict[str, object]:
    spec = {"nodeName": "cp-1", "containers": [{"name": "it", "image": "registry.k8s.io/x:v1", **container}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "it-cp-1", "namespace": "kube-system", "uid": "u1"},
        "spec": spec,
    }


def server(*command: str, program: str = "kube-apiserver") -> Component:
    return components(snapshot_of(pod(command=[program, *command]))).of(program)[0]


def flag(component: Component, name: str) -> FlagValue:
    found = component.flag(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "command",
    [
        ("--audit-log-path=/var/log/audit",),
        ("--audit-log-path", "/var/log/audit"),
        ("--audit_log_path=/var/log/audit",),
        ("-audit-log-path=/var/log/audit",),
        ("--audit-log-path=-", "--profiling", "--audit-log-path=/var/log/audit"),
    ],
)
def test_every_spelling_of_a_flag_is_read(command: tuple[str, ...]) -> None:
    assert flag(server(*command), "audit-log-path").text == "/var/log/audit"


def test_a_flag_of_text_takes_the_next_word_even_when_it_looks_like_a_flag() -> None:
    assert flag(server("--audit-log-path", "-"), "audit-log-path").text == "-"


def test_a_switch_takes_no_word() -> None:
    component = server("--profiling", "false")
    assert flag(component, "profiling").switch is True
    assert not component.complete


def test_a_list_given_twice_adds_up_and_a_text_given_twice_counts_last() -> None:
    component = server("--authorization-mode=Node", "--authorization-mode=RBAC", "--bind-address=::1")
    assert flag(component, "authorization-mode").items == ("Node", "RBAC")


def test_feature_gates_are_entries() -> None:
    gates = flag(server("--feature-gates=A=true,B=false", "--feature-gates=A=false"), "feature-gates")
    assert (gates.entry("A"), gates.entry("B"), gates.entry("C")) == ("false", "false", None)


def test_a_script_is_read_up_to_where_its_command_ends() -> None:
    script = f"set -e; export T={SECRET}\nexec /bin/kube-apiserver --profiling=false \\\n --v=2 >>/log 2>&1"
    found = components(snapshot_of(pod(command=["sh", "-c", script]))).api_servers[0]
    assert flag(found, "profiling").switch is False
    assert found.complete


@pytest.mark.parametrize("script", ["kube-apiserver $FLAGS", "kube-apiserver --x=1 $(cat /f) --profiling"])
def test_words_from_elsewhere_leave_a_command_incomplete(script: str) -> None:
    assert not components(snapshot_of(pod(command=["sh", "-c", script]))).api_servers[0].complete


def test_a_value_from_a_variable_is_not_known() -> None:
    assert not flag(server("--profiling=$(PROFILING)"), "profiling").known


def test_a_container_without_a_command_is_known_by_its_image() -> None:
    snapshot = snapshot_of(pod(image="registry.k8s.io/kube-scheduler:v1.34.2", args=["--profiling=false"]))
    found = components(snapshot).schedulers[0]
    assert found.version == "v1.34.2"
    assert found.evidence("profiling", "off") == Evidence(
        "spec.containers[0].args[0]", "--profiling=false", "off", None, "u1"
    )


def test_etcd_takes_variables_for_flags_it_was_not_given() -> None:
    env = [
        {"name": "ETCD_AUTO_TLS", "value": "true"},
        {"name": "ETCD_PEER_AUTO_TLS", "value": "true"},
        {"name": "ETCD_INITIAL_CLUSTER_TOKEN", "value": SECRET},
    ]
    snapshot = snapshot_of(pod(command=["etcd"], args=["--peer-auto-tls=false"], env=env))
    etcd = components(snapshot).etcds[0]
    assert flag(etcd, "auto-tls").switch is True
    assert flag(etcd, "peer-auto-tls").switch is False
    assert SECRET not in repr(snapshot.all(o.ControlPlanePod))


@pytest.mark.parametrize(
    "command",
    [
        ["kube-apiserver", f"--etcd-password={SECRET}"],
        ["kube-apiserver", "--etcd-password", SECRET],
        ["kube-apiserver", SECRET],
        ["sh", "-c", f"TOKEN={SECRET} kube-apiserver --password={SECRET} && login {SECRET}"],
        ["sh", "-c", f"login {SECRET}"],
        ["sh", "-c", f"kube-apiserver 'unclosed {SECRET}"],
        ["kube-apiserver", f"--audit-webhook-config-file=https://user:{SECRET}@host.example"],
    ],
)
def test_nothing_that_may_be_a_secret_is_kept(command: list[str]) -> None:
    snapshot = snapshot_of(pod(command=command))
    assert SECRET not in repr(snapshot.all(o.ControlPlanePod))
    assert SECRET.encode() not in wire.encode(snapshot.all(o.ControlPlanePod))


def test_pods_that_controllers_made_are_no_control_plane() -> None:
    made = pod(command=["kube-apiserver"])
    made["metadata"] = {"name": "it", "namespace": "kube-system", "labels": {"pod-template-hash": "x"}}
    elsewhere = pod(command=["kube-apiserver"])
    elsewhere["metadata"] = {"name": "it", "namespace": "tenants"}
    assert components(snapshot_of(made, elsewhere)).api_servers == ()


@pytest.mark.parametrize(
    ("text", "length"),
    [("1m30s", 90.0), ("0", 0.0), ("1.5h", 5400.0), ("-1s", -1.0), ("60", None), ("", None), ("1x", None)],
)
def test_durations_are_read_as_go_reads_them(text: str, length: float | None) -> None:
    assert seconds(text) == length


TOKENS = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            ["kube-apiserver", "--profiling", "--x", "-c", "sh", "--", "etcd --a b", "a $(b) | c"]
        ),
        st.none(),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(TOKENS)
def test_what_is_kept_is_decoded_to_the_same(tokens: list[str | None]) -> None:
    kept = Arguments(tokens)
    assert len(kept.tokens) == len(tokens)
    assert Arguments(kept.tokens) == kept
    assert wire.decoder(Arguments).decode(wire.encode(kept)) == kept


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8))
def test_every_word_belongs_to_one_flag(tokens: list[str]) -> None:
    places = [place for word in words(tokens) for place in word.places]
    assert places == list(range(len(tokens)))
