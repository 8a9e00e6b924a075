"""Commands to put behind the Slack room in its tests: as quick, slow, large or broken as a test needs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.answer import Answer, File, Picture, Table, Tone
from bot.commands.progress import Progress, Stage, Step
from bot.rights.roles import Asker, Standing
from bot.slack.interface import Lane
from checks.model import ClusterInfo
from reports import drawing

PRODUCTION = ClusterInfo("0b7c", "production", "v1.37.2", "kind")
REFUSED = "This takes the role operator; you have none."
HELP = Answer(command="help", verdict="Ask me about your clusters: these are the words I know.")


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
