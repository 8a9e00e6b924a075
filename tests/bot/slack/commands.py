"""Commands to put behind the Slack room in its tests: as quick, slow, large or broken as a test needs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.answer import Answer, File, Picture, Table, Tone
from bot.commands.dashboard import Cluster, Dashboard, Upcoming
from bot.commands.overview import Choices, Overview
from bot.commands.progress import Progress, Stage, Step
from bot.rights.roles import Asker, Standing
from bot.slack.interface import Lane
from checks.model import ClusterInfo, Severity, Status
from reports import drawing
from reports.history.records import Attempt, Run, RunState

PRODUCTION = ClusterInfo("0b7c", "production", "v1.37.2", "kind")
REFUSED = "This takes the role operator; you have none."
HELP = Answer(command="help", verdict="Ask me about your clusters: these are the words I know.")

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def dashboard(*clusters: Cluster) -> Dashboard:
    """What Home shows: these clusters, a schedule, a recent run."""
    attempt = Attempt("r-20261124-1", "production", "U0ERIN", None, NOW, NOW, RunState.DONE, None)
    upcoming = Upcoming("weekly", "production", "0 7 * * 1", "UTC", NOW + timedelta(days=6))
    return Dashboard(clusters, (upcoming,), (attempt,), NOW)


def run(cluster: str, score: int | None = 71, **open_: int) -> Run:
    """A kept run with so many open findings of each severity."""
    found = {Severity(name): count for name, count in open_.items()}
    return Run(
        id="r-20261124-1",
        cluster_uid="0b7c",
        cluster_name=cluster,
        started=NOW,
        finished=NOW,
        requested_by="U0ERIN",
        schedule=None,
        scheduled_for=None,
        frameworks=("cis-kubernetes-2.0.1",),
        namespaces=(),
        counts={Status.FAIL: sum(found.values())},
        open=found,
        score=score,
        tool_version="1",
        tool_checks="1",
        sha256="0",
    )


DASHBOARD = dashboard(
    Cluster("production", run("production", critical=3, high=9, medium=20), timedelta(hours=5), (64, 68, 71)),
    Cluster("staging", run("staging", 92, low=4), timedelta(days=20), (92,)),
    Cluster("new", None, None, ()),
)
"""A cluster in trouble, one whose data is old, one that was never scanned."""


@dataclass(frozen=True)
class Said:
    """An order: the words as they came, with the lane they take."""

    canonical: str
    lane: Lane


Act = Callable[[Said, Progress], Answer]


@dataclass
class FakeCommands:
    """`scan` and `report` run, `who` asks, anything else is talk; `acts` says what each first word does.

    `kept` is what is known of an order without asking a cluster; who is `barred` may see none that was kept.
    """

    acts: dict[str, Act] = field(default_factory=dict)
    kept: dict[str, Answer] = field(default_factory=dict)
    barred: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    secret: set[str] = field(default_factory=set)
    taken: list[tuple[str, str, str]] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    remembered: list[tuple[str, str, str]] = field(default_factory=list)

    def understand(self, text: str) -> Said:
        words = text.replace("<@U0QUARTERDECK>", "").split()
        first = words[0] if words else ""
        lane = {"scan": Lane.RUN, "report": Lane.RUN, "who": Lane.ASK}.get(first, Lane.TALK)
        return Said(" ".join(words[:5])[:100] or "help", lane)

    def resolve(self, text: str, thread: str, asker: Asker) -> Said:  # noqa: ARG002
        self.threads.append(thread)
        return self.understand(text)

    def remember(self, thread: str, order: Said, answer: Answer) -> None:
        self.remembered.append((thread, order.canonical, answer.command))

    def lane(self, order: Said) -> Lane:
        return order.lane

    def allows(self, order: Said, asker: Asker) -> bool:
        return asker.standing is Standing.MEMBER and order.canonical not in self.refused

    def withheld(self, answer: Answer, asker: Asker) -> Answer | None:
        if (
            asker.name not in self.barred
            and asker.standing is Standing.MEMBER
            and answer.command not in self.refused
        ):
            return None
        return Answer(command=answer.command, verdict=REFUSED, tone=Tone.REFUSED)

    def private(self, order: Said) -> bool:
        return order.canonical in self.secret

    def perform(self, order: Said, *, asker: Asker, progress: Progress) -> Answer:
        if not self.allows(order, asker):
            return Answer(
                command=order.canonical, verdict=REFUSED, tone=Tone.REFUSED, contacts=("U0ADMIN", "S0ADMINS")
            )
        self.asked.append((order.canonical, asker.name))
        act = self.acts.get(order.canonical.split()[0])
        return act(order, progress) if act else HELP

    def known(self, order: Said, *, asker: Asker) -> Answer | None:
        return None if asker.name in self.barred else self.kept.get(order.canonical)

    def overview(self, asker: Asker) -> Overview | Answer:
        return self._refusal(asker) or Overview(DASHBOARD, tuple(map(str, asker.rights.held)))

    def choices(self, asker: Asker) -> Choices | Answer:
        frameworks = (("cis-kubernetes-2.0.1", "CIS Kubernetes"), ("nsa-cisa-1.2", "NSA/CISA"))
        return self._refusal(asker) or Choices(("production", "staging"), frameworks)

    def explanations(self, text: str, asker: Asker) -> tuple[str, ...]:
        del asker
        return tuple(f"explain {each}" for each in text.split() if each.startswith(("pod-", "rbac-")))

    def _refusal(self, asker: Asker) -> Answer | None:
        if asker.standing is Standing.MEMBER and asker.name not in self.barred:
            return None
        return Answer(command="status", verdict=REFUSED, tone=Tone.REFUSED, contacts=("U0ADMIN", "S0ADMINS"))

    def unnoted(self, act: str, answer: Answer, asker: Asker) -> Answer | None:
        self.taken.append((act, answer.command, asker.name))
        return None


def slow_scan(release: threading.Event, steps: int = 19) -> Act:
    """A scan that shows all its steps, then waits until it is released."""

    def act(order: Said, progress: Progress) -> Answer:
        for done in range(1, steps + 1):
            progress(Step(Stage.READING, done, steps, "kinds (Pod)"))
        assert release.wait(30)
        return scanned(order.canonical)

    return act


def scanned(command: str, *, findings: int = 3, files: tuple[File, ...] = ()) -> Answer:
    """The answer of a scan with a framework table, findings by severity and a caveat."""
    high = tuple(
        ("pod-privileged", f"Deployment shop/web-{n}", "containers/app", "privileged: true")
        for n in range(findings)
    )
    counts = ("CIS Kubernetes 2.0.1", "31", "12", "0", "48", "7", "21", "0", "119")
    columns = (
        "Framework",
        "pass",
        "fail",
        "waived",
        "manual",
        "not applicable",
        "not evaluated",
        "error",
        "total",
    )
    return Answer(
        command=command,
        verdict=f"production: 1 critical, {findings} high findings; 3 new, 2 fixed since Monday.",
        tone=Tone.BAD,
        tables=(
            Table("Requirements", columns, (counts,)),
            Table(
                "Critical: 1",
                ("Check", "Resource", "Where", "What was found"),
                (
                    (
                        "rbac-cluster-admin",
                        "ClusterRoleBinding ops",
                        "subjects[0]",
                        "Group ops has every right",
                    ),
                ),
                code=("Check", "Resource", "Where"),
            ),
            Table(
                f"High: {findings}",
                ("Check", "Resource", "Where", "What was found"),
                high,
                code=("Check", "Resource", "Where"),
            ),
        ),
        caveats=("Secret: forbidden (the account may not list them)",),
        cluster=PRODUCTION,
        age_seconds=4,
        run_id="r-20261124-1",
        files=files,
    )


def admins(command: str) -> Answer:
    """The answer to who has cluster-admin."""
    return Answer(
        command=command,
        verdict="production: 2 subjects have cluster-admin besides the built-in group system:masters.",
        tables=(
            Table(
                "Holders of cluster-admin",
                ("Who", "How", "Binding", "Role"),
                (
                    ("Group ops", "cluster-admin", "ClusterRoleBinding ops", "ClusterRole cluster-admin"),
                    ("ServiceAccount ci/deployer", "equivalent", "ClusterRoleBinding ci", "ClusterRole root"),
                ),
                code=("Who", "Binding", "Role"),
            ),
        ),
        caveats=("Only RBAC was looked at.",),
        cluster=PRODUCTION,
        age_seconds=2,
    )


def pdf(folder: Path, name: str = "Prüfbericht production.pdf") -> File:
    """A file to upload, with bytes that a text transfer would spoil."""
    path = folder / "report.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 300)
    return File(name, "Compliance report of production", "application/pdf", path)


def pictured(command: str) -> Answer:
    """An answer with a picture."""
    act = drawing.Act(
        "ServiceAccount ci/runner",
        drawing.Deed("hold everything (E1)", by="RoleBinding ci/x"),
        "cluster-admin",
    )
    return Answer(
        command=command,
        verdict="production: ServiceAccount ci/runner has cluster-admin already.",
        tone=Tone.BAD,
        picture=Picture(
            "escalation", "production: ways to cluster-admin", drawing.drawn([[act]], "cluster-admin")
        ),
        cluster=PRODUCTION,
    )
