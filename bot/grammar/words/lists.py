"""What can be asked for as a list: which pods run as root, which namespaces lack a default deny."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.commands.lists import ListFailing
from bot.commands.named_lists import LISTS
from bot.grammar.sentences import Said, Sentence, spoken
from bot.grammar.word import Arguments, Word

_SAID: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "run-as-root": (
            "<pods> (run(s)|running|is running|are running|that run) as (root|uid 0|user 0)",
            "(root pods|pods as root|root containers)",
        ),
        "may-run-as-root": ("<pods> (may|can|could|are allowed to) run as root",),
        "privileged": ("<pods> <are> privileged", "privileged <pods>", "<pods> [that] run privileged"),
        "privilege-escalation": ("<pods> (allow|can do|have|allowing) (privilege escalation|escalation)",),
        "capabilities": (
            "<pods> <have> [(added|extra|additional|too many|dangerous)] capabilities",
            "<pods> add capabilities",
        ),
        "host-network": (
            "<pods> (are on|<use>|on) [the] (host network|hostnetwork|host's network)",
            "(hostnetwork|host network) <pods>",
        ),
        "host-pid": ("<pods> (see|<use>) [the] (host pid|hostpid|host processes|host pid namespace)",),
        "host-path": ("<pods> (mount|mounting|<use>) [the] (hostpath(s)|host path(s)|host directories)",),
        "host-port": ("<pods> (use|using|have|open|with) [a] (hostport(s)|host port(s))",),
        "runtime-socket": (
            "<pods> (mount|mounting|<use>) [the] (docker socket|container socket|runtime socket|docker.sock)",
        ),
        "writable-root": (
            "<pods> <have> [a] (writable root file system(s)|writable root filesystem(s)|writable rootfs)",
            "<pods> <lack> [a] (read-only|readonly) (root file system|root filesystem|rootfs)",
        ),
        "no-seccomp": ("<pods> <lack> [a] (seccomp|seccomp profile(s))",),
        "latest-images": (
            "<pods> (run|running|<use>) [(the|a|an)] (latest|untagged) [(tag|image(s))]",
            "images <are> (untagged|latest|tagged latest|not pinned)",
            "latest images",
        ),
        "no-digest": (
            "<pods> (use|using|run) images (without|with no) [a] digest",
            "images <lack> [a] digest(s)",
        ),
        "unlimited": (
            "<pods> <lack> [(a|any)] [(memory|resource)] limit(s)",
            "<pods> are unlimited",
            "unlimited <pods>",
        ),
        "no-requests": ("<pods> <lack> [(a|any)] [(cpu|memory|resource)] request(s)",),
        "no-probes": ("<pods> <lack> [(a|any)] [(liveness|readiness|health)] (probe(s)|check(s))",),
        "secrets-in-env": (
            "<pods> (keep|pass|put|<use>) secret(s) in [(the|their)] <env>",
            "secret(s) in [the] <env>",
            "<pods> (get|read) secret(s) (from|through|via) [the] <env>",
        ),
        "default-service-account": (
            "<pods> (run with|run as|run under|<use>) [the] default (service account|serviceaccount|sa)",
        ),
        "mounted-tokens": (
            "<pods> (mount|mounting|automount|<use>) [(a|the|their)] [(api|sa|service account)] token(s)",
        ),
        "bare-pods": (
            "(bare|naked|orphan|orphaned|unmanaged) pods",
            "pods (belong to no|have no|without a) controller",
        ),
        "no-default-deny": (
            "namespace(s) <lack> [a] (default-deny|default deny|deny-all|deny all) [(policy|rule)]",
            "namespace(s) are not isolated",
        ),
        "no-network-policy": (
            "namespace(s) <lack> [(a|any)] (network policy|network policies|networkpolicies|netpol(s))",
        ),
        "no-pod-security": (
            "namespace(s) <lack> [(a|any)] (pod security|pss|psa|pod security label(s)|pod security level)",
            "namespace(s) (enforce no|do not enforce) (pod security|pss|psa)",
        ),
        "no-quota": ("namespace(s) <lack> [(a|any)] [resource] quota(s)",),
        "published": (
            "services <are> (exposed|published|public|open) [(outside|to the internet|externally)]",
            "(nodeports|node ports|load balancers|loadbalancers|public services)",
            "services (use|have|of type) [a] (nodeport(s)|loadbalancer(s))",
        ),
        "no-tls": (
            "(ingresses|ingress|gateways) <lack> tls",
            "(ingresses|gateways) (serve|use) (http|plain http|plaintext)",
        ),
        "internet-egress": (
            "<pods> (can|may) (reach|access|talk to|connect to|get to) [the] internet",
            "<pods> (have|with) (internet access|egress|open egress|unrestricted egress)",
        ),
        "wildcard-roles": (
            "roles (use|have|with|grant|contain) [(a|any)] (wildcard(s)|star(s)|*)",
            "wildcard roles",
        ),
    }
)
"""How each list is asked for, behind “which” or “list”."""

_PHRASES = {
    "which": "(which|what|list [(me|all)]|show [(me|all)]|find [all]|any|are there|are there any|how many"
    "|do we have|do we have any)",
    "pods": "[of] [(the|our|my|all)] (pod(s)|workload(s)|container(s)|deployment(s)|daemonset(s)|app(s))"
    " [in <namespace>]",
    "use": "(use|using|have|with|share)",
    "check": "[the] [cis] [(check|control|requirement)]",
    "findings": "(finding(s)|issue(s)|problem(s)|failure(s))",
    "env": "(environment|env|env vars|environment variables)",
    "are": "[(that)] [(is|are)]",
    "have": "[that] (have|has|with|got|run with|use)",
    "lack": "[that] (lack(s)|miss|missing|are missing|have no|has no|without|do not have|with no)",
}


def _list(arguments: Arguments) -> ListFailing | None:
    name = arguments.word(0).casefold()
    if not name:
        return None
    full = "full" in arguments.options
    return ListFailing(name, arguments.one("namespace") or "", arguments.cluster_at(1), full)


def _spoken(name: str, said: tuple[str, ...]) -> tuple[Sentence[ListFailing], ...]:
    def build(slots: Said) -> ListFailing:
        return ListFailing(name, slots["namespace"], slots.cluster)

    def where(text: str) -> str:
        """A list of namespaces is in no namespace."""
        return "<cluster>" if text.startswith("namespace") else "<place> <anywhere>"

    return spoken(build, *(f"<which> {each} {where(each)}" for each in said), **_PHRASES)


def _said_check(said: Said) -> ListFailing:
    return ListFailing(said["topic"], said["namespace"], said.cluster)


WORDS: tuple[Word[ListFailing], ...] = (
    Word(
        "list",
        "list NAME|CHECK|REQUIREMENT|SEVERITY [namespace=NAME] [cluster=NAME] [--full]",
        "What fails a check or a few: run-as-root, no-default-deny, a check's id, critical …",
        (
            "list privileged",
            "list no-default-deny cluster=production",
            "list pod-net-raw namespace=payments",
            "which pods run as root",
            "which namespaces lack default deny",
            "which pods use latest images in payments",
        ),
        frozenset({"cluster", "namespace", "full"}),
        _list,
        ("list", "cluster"),
        known=tuple((name, f"What {listed.one}") for name, listed in LISTS.items()),
        sentences=(
            *(sentence for name, said in _SAID.items() for sentence in _spoken(name, said)),
            *spoken(
                lambda said: ListFailing(said["severity"], said["namespace"], said.cluster),
                "<which> [(of|are)] [(the|our|open)] {severity} <findings> [are there] <place>",
                "(which|what|how many) <findings> are {severity} <place>",
                "what (is|are) [the] {severity} <findings> <place>",
                **_PHRASES,
            ),
            *spoken(
                _said_check,
                "(what|who|which <pods>) (fail(s)|violate(s)) <check> {topic} <place> <anywhere>",
                "where does <check> {topic} fail <place>",
                **_PHRASES,
            ),
        ),
    ),
)
