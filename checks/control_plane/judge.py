"""How a table of rules about flags becomes checks: one rule a check, asked of every process of its component.

The rules differ only in which flag they look at and what it must say; what holds for all of them is here.
A component that is not seen is not judged: on a managed control plane it is the provider's, anywhere else it
is not evaluated. A flag that a variable sets is not known, and never a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address

from msgspec import Struct

from checks.cluster import objects as o
from checks.cluster.objects.arguments import DROPPED, words
from checks.cluster.snapshot import Snapshot
from checks.control_plane.components import Component, components
from checks.control_plane.configured import configured, differences
from checks.control_plane.flags import FlagValue
from checks.judge import Finding, Said, Undecided, Unknown
from checks.model import Check, Evidence, Remediation, Severity, Status, Verdict
from checks.providers import managed_control_plane
from checks.verdict import cluster_resource, failed, manual, not_applicable, not_evaluated, passed

Ask = Callable[[Component], Said]
FLAGZ = ("ApiServerFlags",)
"""What tells an API server's flags where no pod does: a hint of every check that looks at them."""

_PROGRAMS = {
    "kube-apiserver": "the API server",
    "kube-controller-manager": "the controller manager",
    "kube-scheduler": "the scheduler",
    "etcd": "etcd",
}
_EMBEDDED = {
    "k3s": "k3s runs it in its own process, whose flags no pod shows. Look at /etc/rancher/k3s/config.yaml",
    "rke2": "RKE2 shows it as a pod, but none was seen. Look at /etc/rancher/rke2/config.yaml",
    "openshift": "OpenShift's operators write its settings to files. Run the Compliance Operator's CIS scan",
}
_OF_ITSELF = "By the flags that the API server that answered tells of itself; there may be others beside it."
_TOLD = "No process is seen, and kubeadm's configuration says:"
_OUTSIDE = "It runs where the API shows no pod of it (a service of the node, another cluster)"
_TELLS = "or let it be asked for its flags (--read-flags, Kubernetes 1.36 and later), "
_BRING = "or run kube-bench on the control plane nodes and keep its output as evidence."


class Rule(Struct, frozen=True):
    """One check about flags. `how` says how it is decided; `set_` is what the command line should have.

    `counted`: what the component that answered counts of itself says, or what the platform says that it was
    told, where one of them was read and says something. It stands in for a process that is not seen, and
    beside flags that promise what it denies. `counts`: the kinds that it reads.
    """

    id: str
    title: str
    severity: Severity
    because: str
    rationale: str
    remediation: str
    how: str
    set_: str
    ask: Ask
    counted: Callable[[Snapshot], Verdict | None] | None = None
    counts: tuple[str, ...] = ()


def checks_of(program: str, rules: Iterable[Rule]) -> tuple[Check, ...]:
    """The checks that a component's rules come to."""
    return tuple(_check(program, rule) for rule in rules)


def _check(program: str, rule: Rule) -> Check:
    names = tuple(word.name for word in words(rule.set_.split()) if word.name)

    def judge(snapshot: Snapshot) -> Iterator[Verdict]:
        counted = rule.counted(snapshot) if rule.counted else None
        return by_component(snapshot, program, rule.ask, names, counted)

    judge.__doc__ = rule.how
    judge.__module__ = __name__
    return Check(
        id=rule.id,
        title=rule.title,
        severity=rule.severity,
        needs=(),
        population=("ControlPlanePod",),
        rationale=rule.rationale,
        remediation=Remediation(rule.remediation, _snippet(program, rule.set_)),
        function=judge,
        because=rule.because,
        also=rule.counts,
        hints=("ComponentConfigMap", *FLAGZ),
    )


def _snippet(program: str, flags: str) -> str:
    lines = "\n".join(f"    - {flag}" for flag in flags.split())
    where = f"# /etc/kubernetes/manifests/{program}.yaml, on every control plane node"
    return f"{where}\nspec:\n  containers:\n  - name: {program}\n    command:\n    - {program}\n{lines}\n"


def by_component(
    snapshot: Snapshot,
    program: str,
    ask: Ask,
    names: tuple[str, ...] = (),
    counted: Verdict | None = None,
) -> Iterator[Verdict]:
    """Ask of every visible process of a program; one verdict each, so that the weakest is named.

    `names`: the flags that it is about. What runs counts; where kubeadm was told otherwise is said.
    `counted`: what one of them counts of itself.
    """
    found, told = components(snapshot).of(program), configured(snapshot).get(program)
    if not found:
        verdict = unseen(snapshot, program)
        if counted is not None and verdict.status is Status.NOT_EVALUATED:
            verdict = counted
        yield verdict
        if told is not None and verdict.status is Status.NOT_EVALUATED:
            yield from _as_told(told, ask)
    answers = [(component, ask(component)) for component in found]
    promised = bool(answers) and not any(isinstance(said, Finding) for _, said in answers)
    if promised and counted is not None and counted.status is Status.FAIL:
        yield counted
    for component, said in answers:
        match said:
            case None:
                yield passed(component.resource, _caveat(component, differences(component, told, names)))
            case Finding(message, evidence):
                facts = (*evidence, *differences(component, told, names))
                yield failed(component.resource, message, facts)
            case Unknown(reason):
                yield not_evaluated(component.resource, reason)
            case Undecided(reason, evidence):
                yield manual(component.resource, reason, evidence)


def _as_told(told: Component, ask: Ask) -> Iterator[Verdict]:
    """A fault that kubeadm was told to make. That it was told well proves nothing of what runs."""
    said = ask(told)
    if isinstance(said, Finding):
        yield failed(told.resource, f"{_TOLD} {said.message}", said.evidence)


def _caveat(component: Component, differing: tuple[Evidence, ...]) -> str:
    if not differing:
        return _OF_ITSELF if isinstance(component.pod, o.ApiServerFlags) else ""
    flags = ", ".join(str(each.observed) for each in differing)
    return f"It runs as it should, but kubeadm's configuration has {flags}, which an upgrade would bring."


def unseen(snapshot: Snapshot, program: str) -> Verdict:
    """What is said of a component that the snapshot shows no process of."""
    cluster, provider = cluster_resource(snapshot), snapshot.cluster.provider
    name = _PROGRAMS[program]
    if (managed := managed_control_plane(snapshot)) is not None:
        return not_applicable(cluster, managed)
    if snapshot.cluster.source == "manifests":
        return not_evaluated(cluster, f"The files hold no static pod of {name} ({program}).")
    where = _EMBEDDED.get(provider, _OUTSIDE)
    tells = _TELLS if program == "kube-apiserver" and not snapshot.saw(*FLAGZ) else ""
    return not_evaluated(cluster, f"No pod of {name} is seen. {where}, {tells}{_BRING}")


def asked(flag: str, expected: str, wrong: str, judge: Callable[[FlagValue | None], bool | None]) -> Ask:
    """Ask one flag: `judge` says whether it is as it should be, None for a value that makes no sense."""

    def ask(component: Component) -> Said:
        found = component.flag(flag)
        if (reason := doubt(component, flag)) is not None:
            return Unknown(reason)
        good = judge(found)
        if good:
            return None
        said = wrong if good is not None else f"Its --{flag} has a value that it cannot have."
        return Finding(said, (component.evidence(flag, expected),))

    return ask


def doubt(component: Component, flag: str) -> str | None:
    """Why nothing can be concluded about a flag, if so."""
    found = component.flag(flag)
    if found is None:
        if component.complete:
            return component.unsure.get(flag)
        return f"Its command takes words from a variable or a script, so --{flag} may be set there."
    if found.known:
        return None
    if any(DROPPED in value for value in found.values):
        return f"The value of --{flag} was not kept, because it is too long or looks like a secret."
    return f"The value of --{flag} comes from a variable or a script, which the API does not show."


def switched(flag: str, want: bool, default: bool, wrong: str) -> Ask:
    """A switch must be on, or off; `default` is what holds when it is not set."""

    def judge(found: FlagValue | None) -> bool | None:
        value = default if found is None else found.switch
        return None if value is None else value is want

    return asked(flag, f"--{flag}={str(want).lower()}", wrong, judge)


def given(flags: str, wrong: str) -> Ask:
    """All of these flags must be set to something."""

    def ask(component: Component) -> Said:
        lacking = []
        for flag in flags.split():
            if (reason := doubt(component, flag)) is not None and component.flag(flag) is None:
                return Unknown(reason)
            found = component.flag(flag)
            if found is None or not found.text:
                lacking.append(component.evidence(flag, f"--{flag}=…"))
        return Finding(wrong, tuple(lacking)) if lacking else None

    return ask


def absent(flag: str, wrong: str) -> Ask:
    """This flag must not be set."""

    def ask(component: Component) -> Said:
        found = component.flag(flag)
        if found is not None and found.text:
            return Finding(wrong, (component.evidence(flag, f"no --{flag}"),))
        reason = doubt(component, flag)
        return Unknown(reason) if reason and found is None else None

    return ask


def loopback(default: str, wrong: str, flag: str = "bind-address") -> Ask:
    """It must listen on loopback only; `default` is where it listens when nothing is set."""

    def judge(found: FlagValue | None) -> bool | None:
        return is_loopback(found.text if found else default)

    return asked(flag, f"--{flag}=127.0.0.1", wrong, judge)


def is_loopback(address: str) -> bool | None:
    """Whether an address, with or without a port, is of the machine itself; None for what is no address."""
    host = address.rpartition(":")[0] if address.count(":") == 1 or address.startswith("[") else address
    host = host.strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host or "0.0.0.0").is_loopback  # noqa: S104 - no host means all addresses
    except ValueError:
        return None
