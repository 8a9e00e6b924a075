"""The numbered rules of Pod Security, 41 to 62, and what of the namespace labels no request can show."""

from __future__ import annotations

from typing import Any

import pytest

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.model import Result, Status
from checks.pod_security.levels import (
    NEWEST,
    PREFIX,
    Level,
    Policy,
    Setting,
    effective,
    policy_of,
    version_of,
)
from checks.pod_security.standard import CONTROLS, controls_at, evaluate, missing_at
from checks.registry import all_checks
from checks.run import evaluate as scan_of
from checks.version import minor_of
from checks.workloads import alone, workloads
from tests.checks.pod_security.pods import SAFE
from tests.harness.fixture_snapshot import snapshot_of

Object = dict[str, Any]
BASELINE, RESTRICTED = Level.BASELINE, Level.RESTRICTED
CHECKS = {check.id: check for check in all_checks()}


def container(name: str = "app", **changes: Any) -> Object:
    context = {key: value for key, value in {**SAFE, **changes}.items() if value is not None}
    return {"name": name, "image": "shop:1", "securityContext": context}


def pod(*containers: Object, annotations: Object | None = None, **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shop", "namespace": "web", "annotations": annotations or {}},
        "spec": {"containers": list(containers or (container(),)), **spec},
    }


def refused(document: Object, level: Level = RESTRICTED, minor: int = NEWEST) -> set[str]:
    made = wire.convert(document, o.Pod)
    return set(evaluate(level, minor, alone(made, made.spec, made.metadata.annotations)))


def results(check: str, *documents: Object) -> list[Result]:
    return list(scan_of(snapshot_of(*documents), (CHECKS[check],), (), tool_version="1").results)


def namespace(**labels: str) -> Object:
    named = {PREFIX + key.replace("_", "-"): value for key, value in labels.items()}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web", "labels": named}}


def labels(**given: str) -> dict[str, str]:
    made: dict[str, str] = namespace(**given)["metadata"]["labels"]
    return made


def test_safe_pod_violates_nothing_in_any_version() -> None:
    for minor in range(NEWEST + 1):
        assert not refused(pod(), RESTRICTED, minor)
        assert not refused(pod(), BASELINE, minor)


def test_rule_41_ephemeral_containers_are_checked() -> None:
    assert refused(pod(ephemeralContainers=[container("debug", privileged=True)]), BASELINE) == {"privileged"}


def test_rule_42_init_containers_are_checked() -> None:
    assert refused(pod(initContainers=[container("init", privileged=True)]), BASELINE) == {"privileged"}


def test_rule_43_net_raw_added_fails_baseline() -> None:
    adds = pod(container(capabilities={"add": ["NET_RAW"], "drop": ["ALL"]}))
    assert refused(adds, BASELINE) == {"capabilities_baseline"}
    assert refused(adds) == {"capabilities_restricted"}


def test_rule_44_drop_all_in_small_letters_fails_restricted() -> None:
    assert refused(pod(container(capabilities={"drop": ["all"]}))) == {"capabilities_restricted"}


def test_rule_45_unset_privilege_escalation_fails_restricted_from_8() -> None:
    unset = pod(container(allowPrivilegeEscalation=None))
    assert refused(unset, minor=8) == {"allowPrivilegeEscalation"}
    assert not refused(unset, minor=7)


def test_rule_46_windows_is_exempt_from_25_on() -> None:
    unset = pod({"name": "app", "securityContext": {"runAsNonRoot": True}}, os={"name": "windows"})
    assert refused(unset, minor=24) == {
        "allowPrivilegeEscalation",
        "capabilities_restricted",
        "seccompProfile_restricted",
    }
    assert not refused(unset, minor=25)


def test_rule_47_a_container_may_not_turn_non_root_off() -> None:
    off = pod(container(runAsNonRoot=False), securityContext={"runAsNonRoot": True})
    assert refused(off) == {"runAsNonRoot"}
    assert refused(pod(securityContext={"runAsNonRoot": False})) == {"runAsNonRoot"}


def test_rule_48_user_0_on_the_pod_fails_though_the_container_sets_another() -> None:
    assert refused(pod(container(runAsUser=1000), securityContext={"runAsUser": 0})) == {"runAsUser"}


def test_rule_49_user_namespaces_exempt_from_non_root_from_35_on() -> None:
    root = pod(container(runAsNonRoot=None, runAsUser=0), hostUsers=False)
    assert refused(root, minor=34) == {"runAsNonRoot", "runAsUser"}
    assert not refused(root, minor=35)
    assert refused({**root, "spec": {**root["spec"], "hostUsers": True}}) == {"runAsNonRoot", "runAsUser"}


def test_rule_50_unmasked_proc_in_a_user_namespace_passes_baseline_35_and_fails_restricted() -> None:
    unmasked = pod(container(procMount="Unmasked"), hostUsers=False)
    assert not refused(unmasked, BASELINE, 35)
    assert refused(unmasked, BASELINE, 34) == {"procMount"}
    assert refused(unmasked, RESTRICTED, 35) == {"procMount_restricted"}
    assert refused(unmasked, RESTRICTED, 34) == {"procMount"}


def test_rule_51_a_probe_with_a_host_fails_baseline_from_34_on() -> None:
    probes = pod({**container(), "livenessProbe": {"httpGet": {"host": "10.0.0.1", "port": 80}}})
    assert refused(probes, BASELINE, 34) == {"hostProbesAndHostLifecycle"}
    assert not refused(probes, BASELINE, 33)


def test_rule_52_container_engine_t_passes_from_31_on() -> None:
    engine = pod(container(seLinuxOptions={"type": "container_engine_t"}))
    assert not refused(engine, BASELINE, 31)
    assert refused(engine, BASELINE, 30) == {"seLinuxOptions"}


def test_rule_53_an_image_volume_passes_restricted() -> None:
    assert not refused(pod(volumes=[{"name": "v", "image": {"reference": "x:1"}}]))


@pytest.mark.parametrize("source", [{}, {"surprise": {}}, {"emptyDir": None}])
def test_rule_54_a_volume_without_a_known_source_fails_restricted(source: Object) -> None:
    assert refused(pod(volumes=[{"name": "v", **source}])) == {"restrictedVolumes"}


def test_rule_55_a_host_path_is_reported_once() -> None:
    mounts = pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}])
    assert refused(mounts) == {"restrictedVolumes"}
    assert refused(mounts, BASELINE) == {"hostPathVolumes"}


def test_rule_56_a_version_beyond_the_server_is_the_servers() -> None:
    assert effective(99, 31) == effective(None, 31) == 31
    assert effective(20, 31) == 20
    assert effective(None, None) == effective(None, NEWEST + 5) == NEWEST
    assert [minor_of(v) for v in ("v1.31.4-gke.1", "1.27+", "v2.0", "")] == [31, 27, None, None]


@pytest.mark.parametrize("text", ["", "1.25", "v1", "v1.025", "v1.2.3", "V1.2", "v1.٣", "v1.2\n", "v1.-1"])
def test_what_is_no_version_is_the_latest(text: str) -> None:
    assert version_of(text) is None
    policy = policy_of(labels(enforce="baseline", enforce_version=text))
    assert policy.enforce.version is None
    assert [bad.taken_as for bad in policy.bad] == ["latest"]
    assert version_of(f"v1.{10**30}") is None


def test_rule_57_a_misspelt_level_is_enforced_as_restricted_and_not_warned_about() -> None:
    policy = policy_of(labels(enforce="Baseline", audit="strict", warn="strict"))
    assert (policy.enforce.level, policy.audit.level, policy.warn.level) == (
        RESTRICTED,
        Level.PRIVILEGED,
        Level.PRIVILEGED,
    )
    assert [bad.label.removeprefix(PREFIX) for bad in policy.bad] == ["enforce", "audit", "warn"]
    assert policy_of(labels(enforce="strict")).warn.level is Level.PRIVILEGED


def test_rule_58_without_labels_the_defaults_hold() -> None:
    assert policy_of(None) == policy_of({"team": "web"}) == Policy()
    assert not policy_of(None).enforce.labelled
    configured = Policy(enforce=Setting(BASELINE, 30))
    assert policy_of({}, configured).enforce == Setting(BASELINE, 30)
    assert policy_of(labels(enforce_version="v1.20"), configured).enforce == Setting(BASELINE, 20)


def test_rule_59_warn_follows_a_stricter_enforce() -> None:
    followed = policy_of(labels(enforce="restricted", enforce_version="v1.30")).warn
    assert (followed.level, followed.version) == (RESTRICTED, 30)
    own = policy_of(labels(enforce="restricted", enforce_version="v1.30", warn_version="v1.25")).warn
    assert (own.level, own.version) == (RESTRICTED, 25)
    assert policy_of(labels(enforce="restricted", warn="baseline")).warn.level is BASELINE
    stricter = Policy(warn=Setting(RESTRICTED))
    assert policy_of(labels(enforce="baseline"), stricter).warn == Setting(RESTRICTED)


def test_rule_61_an_existing_pod_that_violates_is_reported() -> None:
    (result,) = results("namespace-pod-security-violated", namespace(enforce="restricted"), pod(hostPID=True))
    assert result.status is Status.FAIL
    assert "hostNamespaces" in result.message
    assert [fact.path for fact in result.evidence] == ["spec.hostPID"]


def test_rule_62_neither_user_nor_non_root_is_unknown() -> None:
    (result,) = results("pod-runs-as-root", pod({"name": "app", "image": "shop:1"}))
    assert result.status is Status.NOT_EVALUATED


@pytest.mark.parametrize(
    ("value", "control"),
    [("unconfined", True), ("", True), ("docker/default", False), ("localhost/x", False)],
)
def test_seccomp_annotations_count_before_19(value: str, control: bool) -> None:
    for key in (
        "seccomp.security.alpha.kubernetes.io/pod",
        "container.seccomp.security.alpha.kubernetes.io/app",
    ):
        annotated = pod(container(seccompProfile=None), annotations={key: value})
        assert refused(annotated, BASELINE, 18) == ({"seccompProfile_baseline"} if control else set())
        assert not refused(annotated, BASELINE, 19)


def test_app_armor_annotation_counts_whichever_container_it_names() -> None:
    key = "container.apparmor.security.beta.kubernetes.io/gone"
    assert refused(pod(annotations={key: "unconfined"}), BASELINE) == {"appArmorProfile"}
    assert not refused(pod(annotations={key: ""}), BASELINE)


def test_profiles_of_unknown_types_are_refused() -> None:
    for field, control in (
        ("appArmorProfile", "appArmorProfile"),
        ("seccompProfile", "seccompProfile_restricted"),
    ):
        for profile in ({"type": "Custom"}, {}):
            changes: Object = {field: profile}
            assert refused(pod(container(**changes))) == {control}


def test_host_process_on_the_pod_is_refused_though_no_container_has_it() -> None:
    off = container(windowsOptions={"hostProcess": False})
    windows = pod(off, securityContext={"windowsOptions": {"hostProcess": True}})
    assert refused(windows, BASELINE) == {"windowsHostProcess"}


def test_controls_of_each_level() -> None:
    assert len(controls_at(BASELINE, NEWEST)) == 12
    assert len(controls_at(RESTRICTED, NEWEST)) == 15
    assert controls_at(Level.PRIVILEGED, NEWEST) == ()
    assert {control.level for control in CONTROLS.values()} == {BASELINE, RESTRICTED}


def test_what_an_old_version_misses() -> None:
    assert missing_at(BASELINE, 33, 34) == ("hostProbesAndHostLifecycle",)
    assert missing_at(BASELINE, 18, 33) == ("seccompProfile_baseline",)
    assert missing_at(RESTRICTED, 34, 37) == ()
    assert missing_at(RESTRICTED, 0, 22) == (
        "allowPrivilegeEscalation",
        "capabilities_restricted",
        "seccompProfile_restricted",
    )


@pytest.mark.parametrize(("api", "kind"), [("v1", "ReplicationController"), ("v1", "PodTemplate")])
def test_templates_of_the_older_kinds_are_judged(api: str, kind: str) -> None:
    template = {"spec": {"containers": [{"name": "app", "image": "shop:1"}], "hostPID": True}}
    holder = {"template": template} if kind == "PodTemplate" else {"spec": {"template": template}}
    document = {"apiVersion": api, "kind": kind, "metadata": {"name": "shop", "namespace": "web"}, **holder}
    (result,) = results("pod-host-pid", document)
    assert (result.status, result.resource.kind) == (Status.FAIL, kind)
    assert result.evidence[0].path.endswith("template.spec.hostPID")


def test_a_live_pod_that_differs_in_an_annotation_or_a_volume_is_judged_too() -> None:
    owner = {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "name": "shop",
        "uid": "u",
        "controller": True,
    }
    template = {"template": {"spec": {"containers": [container()]}}}
    meta = {"name": "shop", "namespace": "web", "uid": "u"}
    controller = {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": meta,
        "spec": template,
    }
    live = pod(
        annotations={"container.apparmor.security.beta.kubernetes.io/app": "unconfined"},
        volumes=[{"name": "share", "nfs": {"server": "s", "path": "/"}}],
    )
    live["metadata"]["ownerReferences"] = [{**owner, "controller": True}]
    (workload,) = workloads(snapshot_of(controller, live))
    found = [set(evaluate(RESTRICTED, NEWEST, spec)) for spec in workload.specs]
    assert found == [set(), {"appArmorProfile", "restrictedVolumes"}]
