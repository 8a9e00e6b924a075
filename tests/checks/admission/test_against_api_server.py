"""The real API server enforces the same policies: what it refuses to create again is what is found to fail.

The objects are stored before the policies are. Each is then created again, without being stored, under the
label that makes one policy apply; a policy that lets it in ends in a conflict, because it is there already.
"""

# ruff: noqa: E501 - an expression is one line
from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest

from checks.admission.cluster import policies
from checks.admission.judging import judge
from checks.cluster.source import LiveCluster, take_snapshot
from checks.model import Status
from tests.harness.api_server import CONTEXT, ApiServer
from tests.harness.kubernetes_api import ApiError

pytestmark = pytest.mark.kubernetes

Object = dict[str, Any]
GROUP = "admissionregistration.k8s.io/v1"
ALL = {
    "apiGroups": ["", "apps"],
    "apiVersions": ["*"],
    "operations": ["CREATE"],
    "resources": ["pods", "deployments", "services"],
}
PODS = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["pods"]}
CONTAINERS = "object.kind == 'Pod' ? object.spec.containers : object.kind == 'Deployment' ? object.spec.template.spec.containers : []"

EXPRESSIONS = (
    "object.metadata.name.startsWith('p')",
    "has(object.metadata.annotations)",
    "object.kind != 'Pod' || object.spec.containers.all(c, has(c.resources.limits))",
    "object.kind != 'Pod' || !object.spec.containers.exists(c, has(c.securityContext) && c.securityContext.privileged == true)",
    "object.kind != 'Pod' || object.spec.containers.exists_one(c, c.name == 'app')",
    "object.kind != 'Deployment' || object.spec.replicas <= 2",
    "object.kind != 'Deployment' || object.spec.replicas > 2.5",
    "object.spec.replicas >= 1",
    "has(object.spec.replicas) && object.spec.replicas >= 1",
    "object.?spec.?replicas.orValue(9) < 5",
    "object.metadata.?annotations['team'].hasValue()",
    "object.metadata.?annotations.?team.orValue('x') == 'blue'",
    "object.kind != 'Service' || object.spec.ports.map(p, p.port).sum() < 500",
    "object.kind != 'Service' || object.spec.ports.map(p, p.port).max() == 443",
    "object.kind != 'Service' || object.spec.ports.filter(p, p.port == 80).size() == 0",
    "object.kind != 'Pod' || object.spec.containers.all(c, c.image.matches('^registry[.]example[.]com/'))",
    "object.kind != 'Pod' || object.spec.containers.all(c, c.image.contains('@sha256:') || c.image.split(':').size() == 2)",
    "object.kind != 'Pod' || object.spec.containers.all(c, c.image.find('[0-9]+') != '')",
    "object.kind != 'Pod' || object.spec.containers.all(c, has(c.resources.limits) && quantity(c.resources.limits.memory).isLessThan(quantity('1Gi')))",
    "object.kind != 'Pod' || object.spec.containers.all(c, !has(c.resources.limits) || quantity(c.resources.limits.cpu).compareTo(quantity('500m')) <= 0)",
    "namespaceObject.metadata.labels['stage'] == 'test'",
    "namespaceObject.metadata.name == 'nothing'",
    "request.operation == 'CREATE' && request.kind.kind == 'Pod'",
    "request.resource.resource in ['pods', 'services']",
    "oldObject == null",
    "has(object.metadata.name) && object.metadata.name != 'web'",
    "object.metadata.labels.all(k, k.size() < 5)",
    "object.metadata.labels.exists(k, k == 'app' && object.metadata.labels[k] == 'web')",
    "type(object.spec) == map",
    "sets.contains(['Pod', 'Service'], [object.kind])",
    "cidr('10.0.0.0/8').containsIP(object.kind == 'Service' && has(object.spec.externalIPs) ? object.spec.externalIPs[0] : '10.1.1.1')",
    "object.metadata.name.lowerAscii().replace('a', 'b').indexOf('b') < 3",
    "isQuantity(object.metadata.name) || !isURL(object.metadata.name)",
    "object.metadata.nothing == 'x'",
    "object.metadata.name == 'x' || object.metadata.nothing == 'x'",
    "object.metadata.name.endsWith('a') ? true : object.metadata.nothing == 1",
    "1 / (object.metadata.name.size() - 4) > 0",
    "object.metadata.name.size() % 2 == 0 && !('x' in object.metadata.labels)",
    "timestamp('2020-01-01T00:00:00Z') < timestamp('2021-01-01T00:00:00Z') && duration('1h') > duration('90m')",
    "semver('1.2.3').isLessThan(semver('1.3.0')) && object.metadata.name != 'plain'",
)

LIMITED: Object = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
                   "validations": [{"expression": "object.metadata.name.size() <= int(params.data.most)"}]}  # fmt: skip
SPECIAL: tuple[Object, ...] = (
    {"validations": [{"expression": "variables.images.all(i, i.startsWith('registry.'))"}],
     "variables": [{"name": "containers", "expression": CONTAINERS},
                   {"name": "images", "expression": "variables.containers.map(c, c.image)"}]},
    {"validations": [{"expression": "variables.missing == 1 || object.kind == 'Pod'"}],
     "variables": [{"name": "missing", "expression": "object.spec.nothing"}]},
    {"validations": [{"expression": "variables.small"}],
     "variables": [{"name": "small", "expression": "object.?spec.?replicas.orValue(0) < 3"}]},
    {"validations": [{"expression": "!variables.team.hasValue() || variables.team.value() == 'red'"}],
     "variables": [{"name": "team", "expression": "object.metadata.?annotations.?team"}]},
    {"validations": [{"expression": "object.metadata.labels.all(k, v, k.size() < 5 && v != 'banana')"}]},
    {"validations": [{"expression": "object.kind != 'Pod' || object.spec.containers.transformMap(i, c, c.image)[0].startsWith('r')"}]},
    {"validations": [{"expression": "has(request.userInfo.username) && request.userInfo.username == 'nobody'"}], "unknown": True},
    {"validations": [{"expression": "authorizer.group('').resource('pods').check('create').allowed()"}], "unknown": True},
    {"validations": [{"expression": "false"}], "conditions": [{"name": "pods", "expression": "object.kind == 'Pod'"}]},
    {"validations": [{"expression": "false"}], "conditions": [{"name": "broken", "expression": "object.spec.nothing == 1"}]},
    {"validations": [{"expression": "object.spec.nothing == 1"}], "failurePolicy": "Ignore"},
    {"validations": [{"expression": "false"}], "rules": [PODS]},
    {"validations": [{"expression": "false"}], "rules": [{**PODS, "resources": ["pods/status"]}]},
    {"validations": [{"expression": "false"}], "rules": [{**PODS, "resources": ["pods/*"]}]},
    {"validations": [{"expression": "false"}], "rules": [{**PODS, "operations": ["CONNECT"]}]},
    {"validations": [{"expression": "false"}], "rules": [{**PODS, "scope": "Cluster"}]},
    {"validations": [{"expression": "false"}], "rules": [{**PODS, "resourceNames": ["plain"]}]},
    {"validations": [{"expression": "false"}], "constraints": {"excludeResourceRules": [PODS]}},
    {"validations": [{"expression": "false"}], "constraints": {"objectSelector": {"matchLabels": {"app": "web"}}}},
    {"validations": [{"expression": "false"}],
     "constraints": {"namespaceSelector": {"matchExpressions": [{"key": "stage", "operator": "DoesNotExist"}]}}},
    {"validations": [{"expression": "false"}], "rules": [{**ALL, "apiGroups": ["apps"], "apiVersions": ["v1beta1"]}],
     "constraints": {"matchPolicy": "Exact"}},
    {"validations": [{"expression": "false"}], "binding": {"matchResources": {"objectSelector": {"matchLabels": {"app": "web"}}}}},
    {"validations": [{"expression": "false"}], "binding": {"validationActions": ["Audit"]}},
    {"validations": [{"expression": "object.metadata.name.size() <= params.spec.limits.size() * 4"}],
     "paramKind": {"apiVersion": "v1", "kind": "LimitRange"},
     "binding": {"paramRef": {"name": "limits", "parameterNotFoundAction": "Deny"}}},
    {**LIMITED, "binding": {"paramRef": {"name": "limits", "parameterNotFoundAction": "Deny"}}},
    {**LIMITED, "binding": {"paramRef": {"name": "nothing", "parameterNotFoundAction": "Allow"}}},
    {**LIMITED, "binding": {"paramRef": {"selector": {"matchLabels": {"limits": "yes"}}, "parameterNotFoundAction": "Deny"}}},
    {**LIMITED, "binding": {"paramRef": {"selector": {"matchExpressions": [{"key": "limits", "operator": "NotIn", "values": ["yes", "no"]}]},
                                         "parameterNotFoundAction": "Allow"}}},
    {**LIMITED, "binding": {"paramRef": {"name": "limits", "parameterNotFoundAction": "Deny"}}, "anywhere": True},
    {**LIMITED, "binding": {}},
)  # fmt: skip


def pod(name: str, image: str, **container: Any) -> Object:
    spec = {
        "containers": [{"name": "app", "image": image, **container}],
        "automountServiceAccountToken": False,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": spec,
    }


def objects() -> list[Object]:
    limits = {"limits": {"memory": "2Gi", "cpu": "250m"}}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod("x", "registry.example.com/a:1")["spec"]}
    several = pod("banana", "registry.example.com/a@sha256:" + "0" * 64)
    several["spec"]["containers"].append(
        {"name": "app2", "image": "b", "resources": {"limits": {"memory": "1Mi", "cpu": 1}}}
    )
    several["metadata"]["annotations"] = {"team": "blue"}
    return [
        pod("plain", "nginx"),
        pod("web", "registry.example.com/web:12", resources=limits),
        pod("power", "nginx:1.2", securityContext={"privileged": True}),
        several,
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "webs", "labels": {"app": "web"}},
         "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "labels": {"app": "web", "longer": "x"}},
         "spec": {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 443}], "externalIPs": ["192.0.2.1"]}},
    ]  # fmt: skip


def policy(number: int, given: Object, namespace: str) -> list[Object]:
    name = f"p{number}"
    only = f"!has(object.metadata.labels.only) || object.metadata.labels.only == '{name}'"
    spec = {
        "failurePolicy": given.get("failurePolicy", "Fail"),
        "matchConstraints": {"resourceRules": given.get("rules", [ALL]), **given.get("constraints", {})},
        "matchConditions": [{"name": "only", "expression": only}, *given.get("conditions", [])],
        "variables": given.get("variables", []),
        "validations": given["validations"],
        **({"paramKind": given["paramKind"]} if "paramKind" in given else {}),
    }
    binding = {"policyName": name, "validationActions": ["Deny"], **copy.deepcopy(given.get("binding", {}))}
    here = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    binding.setdefault("matchResources", {})["namespaceSelector"] = here
    if "paramRef" in binding and "anywhere" not in given:
        binding["paramRef"]["namespace"] = namespace
    return [
        {"apiVersion": GROUP, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec},
        {
            "apiVersion": GROUP,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": binding,
        },
    ]


CASES: list[Object] = [{"validations": [{"expression": each}]} for each in EXPRESSIONS] + list(SPECIAL)


@pytest.fixture
def stored(api_server: ApiServer, namespace: str) -> Iterator[list[Object]]:
    api = api_server.api
    api.apply(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": namespace, "labels": {"stage": "test"}},
        }
    )
    api.apply(
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": {"name": "limits", "namespace": namespace},
            "spec": {"limits": []},
        }
    )
    for name, most, labels in (("limits", "4", {"limits": "yes"}), ("more", "5", {"limits": "yes"})):
        metadata = {"name": name, "labels": labels}
        data = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"most": most}}
        api.create(data, namespace=namespace)
    found = [api.create(each, namespace=namespace) for each in objects()]
    made = [each for number, given in enumerate(CASES) for each in policy(number, given, namespace)]
    never = policy(999, {"validations": [{"expression": "false"}]}, namespace)
    for each in (*made, *never):
        api.create(each)
    try:
        deadline = time.monotonic() + 30
        while not refused(api_server, found[0], "p999", namespace):
            assert time.monotonic() < deadline, "the API server does not enforce policies"
            time.sleep(0.2)
        time.sleep(1)
        for each in never:
            api.delete(each)
        while refused(api_server, found[0], "none", namespace):
            assert time.monotonic() < deadline, "the API server does not find the policies' parameters"
            time.sleep(0.2)
        yield found
    finally:
        api.delete(*made)


MISSING: tuple[tuple[str, Object, str], ...] = (
    ("Fail", {"name": "nothing", "parameterNotFoundAction": "Deny"}, "Deny"),
    ("Fail", {"name": "nothing", "parameterNotFoundAction": "Deny"}, "Warn"),
    ("Ignore", {"name": "nothing", "parameterNotFoundAction": "Deny"}, "Deny"),
)


@pytest.mark.parametrize(("failure", "reference", "action"), MISSING)
def test_a_binding_without_its_parameters_refuses_what_the_api_server_refuses(
    api_server: ApiServer, namespace: str, failure: str, reference: Object, action: str
) -> None:
    """A binding that finds none refuses before any condition is asked, so each case is alone on the server."""
    api_server.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    given = api_server.api.create(pod("plain", "nginx"), namespace=namespace)
    binding = {"validationActions": [action], "paramRef": reference}
    case = {**LIMITED, "failurePolicy": failure, "binding": binding}
    made = policy(0, case, namespace)
    never = policy(1, {"validations": [{"expression": "false"}]}, namespace)
    try:
        for each in (*made, *never):
            api_server.api.create(each)
        deadline = time.monotonic() + 30
        while not refused(api_server, given, "p1", namespace):
            assert time.monotonic() < deadline, "the API server does not enforce policies"
            time.sleep(0.2)
        time.sleep(1)
        denied = refused(api_server, given, "p0", namespace)
        target = LiveCluster(api_server.kubeconfig, CONTEXT)
        snapshot = take_snapshot(target, progress=lambda *_: None)
    finally:
        api_server.api.delete(*made, *never)
    judged = next(each for each in policies(snapshot) if each.source == "p0")
    about = [each for each in judge((judged,), snapshot)[judged.id] if each.resource.name == "plain"]
    assert {each.status for each in about} == {Status.FAIL if denied else Status.PASS}
    assert denied is (failure == "Fail")


def refused(server: ApiServer, given: Object, only: str, namespace: str) -> bool:
    again = copy.deepcopy(given)
    for name in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"):
        again["metadata"].pop(name, None)
    again.pop("status", None)
    for name in ("clusterIP", "clusterIPs"):
        again["spec"].pop(name, None)
    again["metadata"]["labels"]["only"] = only
    path = server.api.path(again, namespace).rpartition("/")[0]
    try:
        server.api.request("POST", path, again, query={"dryRun": "All"})
    except ApiError as error:
        if error.status != 409 and "ValidatingAdmissionPolicy" not in error.message:
            raise
        return error.status != 409
    raise AssertionError("it was not there already")


def test_verdicts_are_the_api_servers(api_server: ApiServer, namespace: str, stored: list[Object]) -> None:
    target = LiveCluster(api_server.kubeconfig, CONTEXT)
    snapshot = take_snapshot(target, progress=lambda *_: None)
    judged = policies(snapshot)
    said = judge(judged, snapshot)
    assert len(judged) >= len(CASES) > 50

    wrong, outcomes = [], set()
    for each in judged:
        if not each.source.startswith("p") or each.source == "p999":
            continue
        number = int(each.source[1:])
        enforced = CASES[number].get("binding", {}).get("validationActions", ["Deny"]) == ["Deny"]
        broken = [verdict for verdict in said[each.id] if verdict.status is Status.ERROR]
        assert not broken, (CASES[number], broken)
        if CASES[number].get("unknown"):
            assert {verdict.status for verdict in said[each.id]} == {Status.NOT_EVALUATED}
            continue
        for given in stored:
            fails = any(
                verdict.status is Status.FAIL
                and (verdict.resource.kind, verdict.resource.name)
                == (given["kind"], given["metadata"]["name"])
                for verdict in said[each.id]
            )
            denied = refused(api_server, given, each.source, namespace)
            outcomes.add(denied)
            if denied != (fails and enforced):
                wrong.append((CASES[number], given["kind"], given["metadata"]["name"], fails))
    assert not wrong
    assert outcomes == {True, False}
