"""What can be asked for: a scan, its report, how everything stands, who asked for what."""

from __future__ import annotations

from bot.commands.audit import ShowAudit
from bot.commands.report import MakeReport
from bot.commands.scan import RunScan
from bot.commands.status import ShowStatus
from bot.grammar.sentences import Said, spoken
from bot.grammar.word import Arguments, Word

ScanWord = RunScan | MakeReport | ShowStatus | ShowAudit


def _scan(arguments: Arguments) -> RunScan:
    options = arguments.options
    return RunScan(arguments.cluster, options.get("framework", ()), options.get("namespace", ()))


def _said_scan(said: Said) -> RunScan:
    frameworks, namespaces = (tuple(filter(None, (said[key],))) for key in ("framework", "namespace"))
    return RunScan(said.cluster, frameworks, namespaces)


def _report(arguments: Arguments) -> MakeReport:
    options = arguments.options
    return MakeReport(
        arguments.cluster,
        arguments.one("run"),
        options.get("framework", ()),
        namespaces=options.get("namespace", ()),
    )


def _said_report(said: Said) -> MakeReport:
    return MakeReport(said.cluster, said["run"] or None)


_SCAN = spoken(
    _said_scan,
    "(scan|check|audit|assess) (everything|it all|all) <cluster>",
    "(scan|check|audit|assess) [the] [cluster] {cluster} [cluster] [now]",
    "(scan|check|audit|assess) (my|our|the|this) cluster [now]",
    "(scan|check|audit|assess) [only] [the] (namespace|ns) {namespace} <cluster>",
    "(scan|check|audit|assess) [only] [the] {namespace} namespace <cluster>",
    "(run|start|do|make|kick off) (a|an|the|another) [(new|fresh|full)] (scan|check|audit) <cluster>",
    "(scan|check|audit) [the] [cluster] {cluster} (against|with|for|by) [the] {framework}",
)
_REPORT = spoken(
    _said_report,
    "(make|create|generate|render|give me|send [me]|get) [me] (a|an|the)"
    " [(new|compliance|audit|pdf|weekly)] (report|pdf) [(of|for) run {run}] <cluster>",
    "[the] (pdf|compliance report|audit report|pdf report) <cluster>",
    "report (of|for|on) [the] [cluster] {cluster} [cluster]",
    "report (of|for) run {run}",
)
_STATUS = spoken(
    lambda _: ShowStatus(),
    "(how are we|how is it going|how do we stand|how are things|what is the status|what is up)",
    "(which|what) clusters (do you (watch|know|see)|are (watched|there|connected))",
    "(list|show) [(me|the|all)] clusters",
    "when was the last scan",
    "[the] status of (everything|all clusters|the clusters)",
)

_AUDIT = (
    *spoken(lambda _: ShowAudit(), "[(show|list|read)] [me] [the] audit log", "who asked (what|for what)"),
    *spoken(lambda _: ShowAudit(denied=True), "(who|what) was (refused|denied)", "[the] (refusals|denials)"),
)

WORDS: tuple[Word[ScanWord], ...] = (
    Word(
        "scan",
        "scan [cluster] [framework=ID] [namespace=NAME]",
        "Check a cluster now; the answer says what is new",
        ("scan", "scan production namespace=payments", "run a full scan of production"),
        frozenset({"cluster", "framework", "namespace"}),
        _scan,
        aliases=("check",),
        sentences=_SCAN,
    ),
    Word(
        "report",
        "report [cluster] [run=ID] [framework=ID] [namespace=NAME]",
        "The PDF for auditors, of a fresh scan or of a kept run",
        ("report", "report production", "make a report for production"),
        frozenset({"cluster", "run", "framework", "namespace"}),
        _report,
        sentences=_REPORT,
    ),
)

STATE: tuple[Word[ScanWord], ...] = (
    Word(
        "status",
        "status",
        "Clusters, age of their last scan, next scheduled runs",
        ("status", "which clusters do you watch"),
        frozenset(),
        lambda _: ShowStatus(),
        (),
        sentences=_STATUS,
    ),
    Word(
        "audit",
        "audit [since=MOMENT] [user=ID] [denied=yes]",
        "Who asked for what, what was decided and what came of it",
        ("audit", "audit since=monday denied=yes", "who was refused"),
        frozenset({"since", "user", "denied"}),
        lambda a: ShowAudit(a.one("since") or "", a.one("user") or "", a.one("denied") is not None),
        (),
        sentences=_AUDIT,
    ),
)
