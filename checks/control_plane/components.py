"""Every process of the control plane that the API shows, each with its own flags.

A cluster may have several API servers with different flags, and the weakest is the one that counts: so each
is a Component, found by the program that a static pod's command names, whatever the pod is called. Where no
pod of an API server is seen, what the one that answered tells of its flags stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.objects.arguments import COMPONENTS, component_in, script_words
from checks.cluster.snapshot import Snapshot, derived
from checks.control_plane import flagz
from checks.control_plane.flags import CommandLine, FlagValue, read
from checks.model import MANAGED, Evidence, Resource


class Component(Struct, frozen=True):
    """One process: `name` is its program (`kube-apiserver`).

    `complete` is false where its command takes words from a variable or a script, so that a flag that is not
    seen may still be set. `unsure`: flags that may be set, and why that cannot be told. `path` is where its
    command stands in the pod.
    """

    name: str
    pod: o.ControlPlanePod | o.ComponentDaemonSet | o.ComponentConfigMap | o.ApiServerFlags
    image: str
    path: str
    flags: Mapping[str, FlagValue]
    complete: bool = True
    unsure: Mapping[str, str] = {}

    @property
    def resource(self) -> Resource:
        return self.pod.resource

    @property
    def version(self) -> str:
        """The version its image's tag says (`v1.34.2`), or nothing."""
        tag = self.image.partition("@")[0].rpartition("/")[2].partition(":")[2]
        return tag if tag.startswith("v") else ""

    def flag(self, name: str) -> FlagValue | None:
        """A flag, when it is set."""
        return self.flags.get(name)

    def evidence(self, name: str, expected: str, source: str | None = None) -> Evidence:
        """What was seen of a flag: as it stands, or that it is not set.

        source: names this component's pod where the result is about something else.
        """
        flag = self.flags.get(name)
        meta = self.pod.metadata
        path = flag.path if flag else self.path
        observed = str(flag) if flag else f"--{name} is not set"
        return Evidence(path, observed, expected, source, meta.uid, meta.resource_version)


class Components(Struct, frozen=True):
    """Every visible process of a control plane, by name, then in the order of the pods' names."""

    api_servers: tuple[Component, ...] = ()
    controller_managers: tuple[Component, ...] = ()
    schedulers: tuple[Component, ...] = ()
    etcds: tuple[Component, ...] = ()
    proxies: tuple[Component, ...] = ()

    def of(self, name: str) -> tuple[Component, ...]:
        """All of one program (`kube-apiserver`)."""
        match name:
            case "kube-apiserver":
                return self.api_servers
            case "kube-controller-manager":
                return self.controller_managers
            case "kube-scheduler":
                return self.schedulers
            case "etcd":
                return self.etcds
            case "kube-proxy":
                return self.proxies
            case _:
                return ()


@derived
def components(snapshot: Snapshot) -> Components:
    """The control plane's processes that the snapshot shows."""
    found: dict[str, list[Component]] = {name: [] for name in COMPONENTS}
    for pod in sorted(snapshot.all(o.ControlPlanePod), key=lambda pod: pod.metadata.name):
        for component in _in_pod(pod, pod.spec, "spec"):
            found[component.name].append(component)
    for daemon in snapshot.all(o.ComponentDaemonSet):
        for component in _in_pod(daemon, daemon.spec.template.spec, "spec.template.spec"):
            found[component.name].append(component)
    if not found["kube-apiserver"] and snapshot.cluster.provider not in MANAGED:
        found["kube-apiserver"] = [_told(each) for each in snapshot.all(o.ApiServerFlags)]
    return Components(
        api_servers=tuple(found["kube-apiserver"]),
        controller_managers=tuple(found["kube-controller-manager"]),
        schedulers=tuple(found["kube-scheduler"]),
        etcds=tuple(found["etcd"]),
        proxies=tuple(found["kube-proxy"]),
    )


def _told(server: o.ApiServerFlags) -> Component:
    flags, unsure = flagz.effective(dict(server.flags.pairs))
    tokens = [f"--{name}={value}" for name, value in flags.items()]
    line = read(tokens, [f"flags.{name}" for name in flags])
    return Component("kube-apiserver", server, "", "flags", line.flags, unsure=unsure)


def _in_pod(
    pod: o.ControlPlanePod | o.ComponentDaemonSet, spec: o.ComponentPodSpec, at: str
) -> Iterator[Component]:
    for index, container in enumerate(spec.containers or ()):
        path = f"{at}.containers[{index}]"
        located = [(token, f"{path}.command[{i}]") for i, token in enumerate(container.command.tokens)]
        located += [(token, f"{path}.args[{i}]") for i, token in enumerate(container.args.tokens)]
        located = [(word, place) for token, place in located for word in script_words(token) or (token,)]
        tokens, places = [token for token, _ in located], [place for _, place in located]
        program = component_in(tokens)
        if program is None:
            if container.command or (name := _by_image(container)) is None:
                continue
            start = 0
            line = read(tokens, places)
            where = f"{path}.args"
        else:
            start, name = program[0] + 1, program[1]
            line = read(tokens[start:], places[start:])
            where = f"{path}.command" if container.command else f"{path}.args"
        if name == "etcd":
            line = _with_variables(line, container, path)
        yield Component(name, pod, container.image, where, line.flags, line.complete)


def _by_image(container: o.ComponentContainer) -> str | None:
    """The component whose image this is, for a container that leaves the program to its image."""
    image = container.image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return image if image in COMPONENTS else None


def _with_variables(line: CommandLine, container: o.ComponentContainer, path: str) -> CommandLine:
    """Etcd's flags with those that its variables set. A flag has precedence over its variable."""
    flags = dict(line.flags)
    for flag, value in container.env.pairs:
        if flag not in flags:
            read_ = read((f"--{flag}={value}",), (f"{path}.env",))
            flags |= read_.flags
    return CommandLine(flags, line.complete)
