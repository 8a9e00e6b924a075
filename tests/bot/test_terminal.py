"""An Answer on a terminal: narrow and wide, and with names that try to steer it."""

from pathlib import Path

import pytest
from rich.console import Console

from bot.answer import Answer, File, Table, Tone
from bot.terminal import ROWS_SHOWN, draw
from checks.model import ClusterInfo

CLUSTER = ClusterInfo("uid-1", "harbour", "v1.37.2", "kubeadm")


def shown(answer: Answer, width: int = 100, *, everything: bool = False) -> str:
    console = Console(width=width, no_color=True, highlight=False)
    with console.capture() as capture:
        console.print(draw(answer, everything=everything))
    return capture.get()


def test_the_verdict_comes_first_with_its_sign() -> None:
    text = shown(Answer(command="scan", verdict="harbour: 3 high findings.", tone=Tone.BAD, cluster=CLUSTER))
    assert text.splitlines()[0] == "✖ harbour: 3 high findings."
    assert "uid uid-1" in text
    assert "command: scan" in text


def test_a_long_table_says_how_much_it_shows() -> None:
    rows = tuple((f"row-{number:03}", "x") for number in range(40))
    answer = Answer(command="scan", verdict="v", tables=(Table("T", ("A", "B"), rows),))
    assert f"{ROWS_SHOWN} of 40 shown" in shown(answer)
    assert "row-039" not in shown(answer)
    assert "row-039" in shown(answer, everything=True)
    assert "shown" not in shown(answer, everything=True)


def test_names_from_a_cluster_cannot_steer_the_terminal_or_format() -> None:
    hostile = "\x1b[2J\x07evil\u202egnp.exe [bold]not bold[/bold] \x9b31m"
    answer = Answer(
        command="ask", verdict=hostile, tables=(Table(hostile, ("A",), ((hostile,),)),), caveats=(hostile,)
    )
    text = shown(answer, width=200)
    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(text)
    assert text.count("[bold]not bold[/bold]") == 4


def test_a_narrow_window_loses_nothing() -> None:
    name = "a-rather-long-service-account-name-that-does-not-fit"
    table = Table("T", ("Who", "How", "Note"), ((name, "cluster-admin", "bound by hand"),))
    text = shown(Answer(command="ask", verdict="v", tables=(table,)), width=40)
    assert max(map(len, text.splitlines())) <= 40
    joined = "".join(text.split())
    assert f"Who:{name}" in joined
    assert "How:cluster-admin" in joined
    assert "Note:boundbyhand" in joined


@pytest.mark.parametrize("width", [50, 60, 80, 100, 120, 200])
def test_no_name_is_broken_in_its_middle(width: int) -> None:
    names = ("namespace-pod-security-baseline", "ClusterRoleBinding", "kube-system/kube-proxy,", "support-x")
    rows = tuple((str(number), name, f"some words {name} and more") for number, name in enumerate(names))
    table = Table("T", ("Findings", "Check", "Where"), rows)
    text = shown(Answer(command="scan", verdict="v", tables=(table,)), width=width)
    assert max(map(len, text.splitlines())) <= width
    assert [name for name in names if text.count(name) != 2] == []


def test_files_and_caveats_are_named() -> None:
    file = File("report.pdf", "Compliance report", "application/pdf", Path("/tmp/report.pdf"))
    text = shown(Answer(command="report", verdict="v", caveats=("Secret: forbidden",), files=(file,)))
    assert "What this does not cover" in text
    assert "- Secret: forbidden" in text
    assert "Compliance report: /tmp/report.pdf" in text
