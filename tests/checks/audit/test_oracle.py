"""The simulator of audit policies against the judge: what a real API server logs of random requests."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from checks.audit.faults import faults
from checks.audit.policy import Decision, Request, decide, stages
from checks.cluster import objects as o
from checks.cluster.objects import wire
from tests.harness.api_server import ApiServer, ApiServerError

pytestmark = [pytest.mark.kubernetes, pytest.mark.slow]

POLICIES, REQUESTS = 6, 700
SETTLE_SECONDS = 10.0
USERS = {
    "jane": ["developers"],
    "system:node:n1": ["system:nodes"],
    "system:serviceaccount:default:builder": ["system:serviceaccounts", "system:serviceaccounts:default"],
}
ANYBODY = (*USERS, "admin", "")
RESOURCES = (
    ("", "secrets"),
    ("", "configmaps"),
    ("", "pods"),
    ("apps", "deployments"),
    ("", "events"),
    ("rbac.authorization.k8s.io", "roles"),
)
CLUSTER_WIDE = (("", "nodes"), ("", "namespaces"), ("authentication.k8s.io", "tokenreviews"))
SUBRESOURCES = ("", "", "status", "log", "exec", "portforward", "proxy")
LONG = ("log", "exec", "portforward", "proxy")
NAMESPACES = ("default", "kube-system", "web")
NAMES = ("alpha", "beta")
PATHS = ("/healthz", "/healthz/ping", "/version", "/metrics", "/apis", "/api/v1", "/nowhere")
LEVELS = ("None", "Metadata", "Request", "RequestResponse")
STAGES = ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")


def some(random: Random, values: tuple[str, ...], chance: float) -> list[str]:
    return random.sample(values, random.randint(1, min(3, len(values)))) if random.random() < chance else []


def a_policy(random: Random) -> dict[str, Any]:
    rules = [a_rule(random) for _ in range(random.randint(8, 20))]
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": random.sample(STAGES, random.choice((0, 0, 1))),
        "rules": [*rules, {"level": random.choice(LEVELS)}][: random.choice((len(rules), len(rules) + 1))],
    }


def a_rule(random: Random) -> dict[str, Any]:
    groups = (
        "system:nodes",
        "developers",
        "system:masters",
        "system:authenticated",
        "system:serviceaccounts",
    )
    rule: dict[str, Any] = {
        "level": random.choice(LEVELS),
        "users": some(random, ("jane", "admin", "system:node:n1", "*"), 0.15),
        "userGroups": some(random, (*groups, "system:unauthenticated"), 0.2),
        "verbs": some(random, ("get", "list", "create", "delete", "patch", "watch", "*", "post"), 0.3),
        "omitStages": some(random, STAGES, 0.2),
    }
    match random.choice(("resources", "resources", "resources", "paths", "namespaces")):
        case "resources":
            rule["resources"] = [a_group(random) for _ in range(random.randint(1, 2))]
            rule["namespaces"] = some(random, ("", *NAMESPACES), 0.3)
        case "paths":
            rule["nonResourceURLs"] = some(random, ("/healthz*", "/version", "/api*", "*", "/metrics"), 1)
        case _:
            rule["namespaces"] = some(random, ("", *NAMESPACES), 1)
    return rule


def a_group(random: Random) -> dict[str, Any]:
    patterns = ("secrets", "configmaps", "pods", "pods/log", "pods/*", "*/exec", "*", "deployments", "nodes")
    given: dict[str, Any] = {"group": random.choice(("", "", "", "apps", "*", "rbac.authorization.k8s.io"))}
    if random.random() < 0.85:
        given["resources"] = some(random, (*patterns, "namespaces", "deployments/status", "tokenreviews"), 1)
        given["resourceNames"] = some(random, NAMES, 0.2)
    return given


class Sent(Request, frozen=True):
    """A request and how it goes over the wire."""

    method: str = ""
    url: str = ""


def a_request(random: Random) -> Sent:
    user = random.choice(ANYBODY)
    named = user or "system:anonymous"
    groups = (*groups_of(user), "system:authenticated" if user else "system:unauthenticated")
    if random.random() < 0.15:
        method = "GET" if random.random() < 0.8 else "POST"
        path = random.choice(PATHS)
        return Sent(method.lower(), named, groups, path=path, method=method, url=path)
    verb = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"][
        random.randrange(8)
    ]
    if user == "admin":
        verb = random.choice(("get", "list"))
    wide = random.random() < 0.25
    group, resource = random.choice(CLUSTER_WIDE if wide else RESOURCES)
    namespace = (
        "" if wide or (verb in ("list", "watch") and random.random() < 0.3) else random.choice(NAMESPACES)
    )
    single = verb in ("get", "update", "patch", "delete")
    name = random.choice(NAMES) if single else ""
    sub = random.choice(SUBRESOURCES) if single and resource in ("pods", "deployments") else ""
    if sub and verb == "delete":
        sub = ""
    prefix = f"/apis/{group}/v1" if group else "/api/v1"
    url = prefix + (f"/namespaces/{namespace}" if namespace else "") + f"/{resource}"
    url += f"/{name}" if name else ""
    url += f"/{sub}" if sub else ""
    query = ["watch=true", "timeoutSeconds=1"] if verb == "watch" else []
    if verb in ("list", "watch") and random.random() < 0.2:
        name = random.choice(NAMES)
        query.append(f"fieldSelector=metadata.name%3D{name}")
    if resource == "namespaces" and single:
        namespace = name
    method = {"create": "POST", "update": "PUT", "patch": "PATCH"}.get(verb, "GET")
    method = "DELETE" if verb.startswith("delete") else method
    return Sent(
        verb,
        named,
        groups,
        group,
        resource,
        sub,
        namespace,
        name,
        method=method,
        url=url + ("?" + "&".join(query) if query else ""),
    )


def groups_of(user: str) -> tuple[str, ...]:
    return ("system:masters",) if user == "admin" else tuple(USERS.get(user, ()))


def log_of(path: Path, last: str) -> dict[str, list[dict[str, Any]]]:
    """The log's lines by request, once that of the last request is there and nothing more comes."""
    deadline, size = time.monotonic() + SETTLE_SECONDS, -1
    while time.monotonic() < deadline:
        text = path.read_text() if path.exists() else ""
        if len(text) == size and (last in text or not text):
            break
        size = len(text)
        time.sleep(0.3)
    found: dict[str, list[dict[str, Any]]] = {}
    for line in text.splitlines():
        event = json.loads(line)
        found.setdefault(event["auditID"], []).append(event)
    return found


def send(server: ApiServer, requests: dict[str, Sent]) -> None:
    tls = ssl.create_default_context(cafile=str(server.ca))
    with closing(http.client.HTTPSConnection(urlsplit(server.url).netloc, context=tls, timeout=30)) as api:
        for id_, request in requests.items():
            headers = {"Audit-ID": id_, "Content-Type": "application/json"}
            if request.user != "system:anonymous":
                headers["Authorization"] = f"Bearer {server.token(request.user or '')}"
            api.request(request.method, request.url, b"{}" if request.method != "GET" else None, headers)
            api.getresponse().read()


def disagreements(
    policy: o.AuditPolicy, requests: dict[str, Sent], log: dict[str, list[dict[str, Any]]]
) -> Iterator[tuple[Sent, Decision, list[tuple[str, str]]]]:
    for id_, request in requests.items():
        decision = decide(policy, request)
        long_running = request.verb == "watch" or request.subresource in LONG
        ours = sorted((stage, str(decision.level)) for stage in stages(decision, long_running=long_running))
        theirs = sorted((event["stage"], event["level"]) for event in log.get(id_, ()))
        if ours != theirs:
            yield request, decision, theirs


@pytest.mark.parametrize("seed", range(POLICIES))
def test_the_api_server_logs_what_the_simulator_says(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    given = a_policy(random)
    policy = wire.convert(given, o.AuditPolicy)
    assert not faults(policy)
    file, log = tmp_path / "policy.yaml", tmp_path / "audit.log"
    file.write_text(yaml.safe_dump(given))
    requests = {f"quarterdeck-{number:05}": a_request(random) for number in range(REQUESTS)}
    last = f"quarterdeck-{REQUESTS - 1:05}"
    flags = (f"--audit-policy-file={file}", f"--audit-log-path={log}", "--audit-log-mode=blocking")
    with ApiServer(USERS, flags) as server:
        send(server, requests)
        if decide(policy, requests[last]).recorded:
            found = log_of(log, last)
        else:
            time.sleep(0.5)
            found = log_of(log, "")
    assert not list(disagreements(policy, requests, found))
    assert sum(decide(policy, each).recorded for each in requests.values()) > REQUESTS // 20


@pytest.mark.parametrize(
    "rule",
    [
        {"level": "metadata"},
        {"level": "None", "nonResourceURLs": ["healthz"]},
        {"level": "None", "resources": [{"resourceNames": ["a"]}]},
    ],
)
def test_what_we_say_is_refused_keeps_it_from_starting(tmp_path: Path, rule: dict[str, Any]) -> None:
    given = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [rule]}
    assert faults(wire.convert(given, o.AuditPolicy))
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump(given))
    with (
        pytest.raises(ApiServerError, match="audit policy"),
        ApiServer(USERS, [f"--audit-policy-file={file}"]),
    ):
        pass
