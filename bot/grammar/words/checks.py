"""What can be asked about a check: why it matters, why it fails, how it is mended."""

from __future__ import annotations

from bot.commands.explain import Explain, Fix
from bot.grammar.sentences import Said, spoken
from bot.grammar.word import Arguments, Word


def _explain(arguments: Arguments) -> Explain | None:
    topic = arguments.word(0)
    return Explain(topic, *_where(arguments)) if topic else None


def _fix(arguments: Arguments) -> Fix | None:
    check = arguments.word(0)
    return Fix(check, *_where(arguments)) if check else None


def _where(arguments: Arguments) -> tuple[str, str | None, tuple[str, ...]]:
    """The resource, the cluster, the namespaces."""
    return arguments.word(1), arguments.one("cluster"), arguments.options.get("namespace", ())


def _said_explain(said: Said) -> Explain:
    return Explain(said["topic"], said["resource"], said.cluster)


def _said_fix(said: Said) -> Fix:
    return Fix(said["topic"], said["resource"], said.cluster)


_PHRASES = {
    "check": "[(the|check|finding|control|requirement|rule|cis)] [(check|benchmark|control|requirement)]",
    "on": "[(for|on|of|at) [(the|deployment|pod|namespace|workload)] {resource:name}]",
    "mend": "(fix|remediate|mend|solve|resolve|pass|get rid of)",
}

WORDS: tuple[Word[Explain | Fix], ...] = (
    Word(
        "explain",
        "explain CHECK|REQUIREMENT [RESOURCE] [namespace=NAME] [cluster=NAME]",
        "Why a check matters, how it is decided, why it has its severity, and what fails in the last run",
        (
            "explain pod-privileged",
            "explain cis-kubernetes-2.0.1/5.1.3",
            "why does pod-privileged fail",
            "why does pod-privileged fail for payments/ledger",
        ),
        frozenset({"cluster", "namespace"}),
        _explain,
        ("topic", "name"),
        aliases=("describe",),
        sentences=spoken(
            _said_explain,
            "(explain|describe) <check> {topic} <on> <cluster>",
            "(why|how come) (does|do|did|is|has) <check> {topic} (fail|failed|failing|red|broken)"
            " <on> <cluster>",
            "why does [(the|deployment|pod|namespace)] {resource:name} fail <check> {topic} <cluster>",
            "what (is|does) <check> {topic} [(mean|check|about|look at|test|do)]",
            "what (is the meaning of|is behind) <check> {topic}",
            "why (is|does) <check> {topic} (important|matter|a problem|bad|dangerous|critical|high)",
            "how is <check> {topic} (decided|checked|tested|evaluated)",
            "<check> {topic:numbered} <cluster>",
            **_PHRASES,
        ),
    ),
    Word(
        "fix",
        "fix CHECK|REQUIREMENT [RESOURCE] [namespace=NAME] [cluster=NAME]",
        "How to mend what a check finds, with an example, and where it is needed",
        ("fix pod-privileged", "fix pod-privileged payments/ledger", "how do I fix pod-privileged"),
        frozenset({"cluster", "namespace"}),
        _fix,
        ("check", "name"),
        aliases=("remediate", "mend"),
        sentences=spoken(
            _said_fix,
            "<mend> <check> {topic} [check] <on> <cluster>",
            "how (do|can|could|should|would) (i|we|one|you) <mend> <check> {topic} [check] <on> <cluster>",
            "how to <mend> <check> {topic} [check] <on> <cluster>",
            "(what is|show) the (fix|remediation|solution) (for|of) <check> {topic} [check] <on>",
            "(fix|remediation|solution) for <check> {topic} [check] <on>",
            **_PHRASES,
        ),
    ),
)
