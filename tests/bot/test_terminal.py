"""An Answer on a terminal: narrow and wide, and with names that try to steer it."""

from pathlib import Path

import pytest
from rich.cells import cell_len
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
    assert name in joined
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


def test_what_has_no_room_beside_goes_beneath_its_row() -> None:
    rows = (("12", "pod-privileged", "Container runs privileged", "Deployment ci/builder, Pod ci/shell"),)
    table = Table("T", ("Findings", "Check", "What fails", "Where"), rows)
    wide = shown(Answer(command="scan", verdict="v", tables=(table,)), width=120).splitlines()[3:]
    assert [" ".join(line.split()) for line in wide if "─" not in line] == [
        "Findings Check What fails Where",
        "12 pod-privileged Container runs privileged Deployment ci/builder, Pod ci/shell",
    ]
    narrow = shown(Answer(command="scan", verdict="v", tables=(table,)), width=60).splitlines()[3:]
    assert narrow == [
        "Findings  Check           What fails",
        "─" * 51,
        "      12  pod-privileged  Container runs privileged",
        "          Deployment ci/builder, Pod ci/shell",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 137])
def test_no_letter_is_lost_at_any_width(width: int) -> None:
    cells = ("1", "kube-system/" + "x" * 60, "日本語の名前 and words", "a b " * 20, "-")
    table = Table("", ("No.", "Name", "Wide", "Text", "Nothing"), (cells,))
    text = shown(Answer(command="c", verdict="v", tables=(table,)), width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    for cell in cells[:3]:
        assert all(word in "".join(text.split()) for word in cell.split())
    assert text.count("a") >= 20


def test_a_long_sentence_hangs_behind_its_sign() -> None:
    text = shown(Answer(command="c", verdict="word " * 10, caveats=("more " * 10,)), width=30)
    assert [line for line in text.splitlines() if line.startswith(" word")] == []
    assert [line[:3] for line in text.splitlines() if "more" in line] == ["- m", "  m"]


@pytest.mark.parametrize("broken", ["\n", "\r\n", "\x0b", "\x85", "\u2028"])
def test_a_name_that_holds_a_break_begins_no_line(broken: str) -> None:
    forged = f"eve{broken}✔ harbour: no findings."
    answer = Answer(
        command=forged,
        verdict=forged,
        tone=Tone.BAD,
        notes=(forged,),
        tables=(Table(forged, ("A",), ((forged,),)),),
        caveats=(forged,),
        cluster=CLUSTER,
    )
    assert [line for line in shown(answer).splitlines() if line.lstrip().startswith("✔")] == []
