"""`matrix`: alike workloads share a row, whoever may do the same is named together, all is said."""

from __future__ import annotations

from io import StringIO
from typing import Any

import msgspec
import pytest
from rich.console import Console

from bot.answer import Answer, to_json
from bot.commands.matrix import ShowMatrix, describe
from bot.errors import CommandError
from bot.slack.blocks import Frame
from bot.slack.blocks import draw as draw_blocks
from bot.slack.tables import Layout
from bot.terminal import draw
from checks.network.matrix import matrix
from tests.checks.network.network_objects import Doc, only, pod, policy
from tests.harness.fixture_snapshot import MOMENT, snapshot_of

SPACES = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("web", "data", "ops")
]
FROM_WEB = {"namespaceSelector": only(**{"kubernetes.io/metadata.name": "web"})}
DOCS: list[Doc] = [
    *SPACES,
    pod("front", app="front"),
    pod("shop", app="shop"),
    pod("db", "data", app="db"),
    pod("cache", "data", app="cache"),
    pod("agent", "data", host=True, app="agent"),
    pod("probe", "ops", app="probe"),
    policy("deny", namespace="data", types="Ingress Egress"),
    policy("db", only(app="db"), "data", ingress=[{"from": [FROM_WEB], "ports": [{"port": 5432}]}]),
    policy("cache", only(app="cache"), "data", egress=[{"to": [{"podSelector": {}}]}], types="Egress"),
]


def asked(namespace: str = "data", docs: list[Any] | None = None, **options: Any) -> Answer:
    return describe(ShowMatrix(namespace), snapshot_of(*(docs or DOCS), **options))


def test_each_row_is_a_set_of_ports_with_all_who_have_them() -> None:
    into, out = asked().tables
    assert (into.title, into.columns) == ("Into data", ("To", "Ports", "From"))
    assert set(into.rows) == {
        ("data/agent", "every port", "data/agent, ops/probe, all of web (2), the Internet"),
        ("data/agent", "every port: not known", "data/cache"),
        ("data/db", "TCP 5432", "all of web (2)"),
        ("data/cache", "no port", "nobody"),
    }
    assert (
        set(out.rows)
        == {
            ("data/agent", "every port", "ops/probe, all of web (2), the Internet"),
            ("data/db, data/cache", "no port", "nobody"),
        }
        or ("data/cache, data/db", "no port", "nobody") in out.rows
    )


def test_an_open_namespace_is_one_row() -> None:
    into, out = asked("web", [*SPACES, pod("front"), pod("shop"), pod("db", "data")]).tables
    assert into.rows == (("all of web (2)", "every port", "everybody, the Internet too"),)
    assert out.rows == (("all of web (2)", "every port", "data/db, the Internet"),)


def test_the_verdict_counts_pairs_and_what_is_not_known() -> None:
    answer = asked()
    assert (
        answer.verdict == "data has 3 workloads; 11 of 33 pairs may talk on some port; of 1 it is not known."
    )
    assert any("On their node's network" in each and "data/agent" in each for each in answer.caveats)
    assert ("NetworkPolicy data/db", "spec.ingress[0]") in {(e.source, e.path) for e in answer.evidence}


def test_every_flow_is_in_the_json() -> None:
    answer = asked()
    published = to_json(answer)["matrix"]
    assert published["total"] == len(published["flows"]) == 12
    assert {
        "from": {"kind": "Pod", "namespace": "web", "name": "shop"},
        "to": {"kind": "Pod", "namespace": "data", "name": "db"},
        "allowed": [{"protocol": "TCP", "first": 5432, "last": 5432}],
        "unknown": [],
    } in published["flows"]
    msgspec.json.encode(to_json(answer))


def test_the_whole_cluster_is_everybody_to_everybody() -> None:
    answer = asked("")
    assert answer.verdict.startswith("there are 6 workloads;")
    assert [table.title for table in answer.tables] == ["Who reaches whom"]
    assert answer.command == "matrix"


def test_pairs_beyond_the_limit_are_counted_and_not_asked() -> None:
    found = matrix(snapshot_of(*DOCS), None, most_pairs=16)
    assert ([str(each) for each in found.workloads], found.left_out) == (
        ["Pod data/agent", "Pod data/cache"],
        4,
    )
    assert found.pairs == 14


def test_a_namespace_that_is_not_there_is_refused_unless_it_could_not_be_read() -> None:
    with pytest.raises(CommandError, match="no namespace called nowhere"):
        asked("nowhere")
    answer = asked("nowhere", missing={"Namespace": "403"})
    assert answer.verdict.startswith("Not certain, because Namespace could not be read.")
    assert answer.extra["incomplete"] is True


def test_objects_in_any_order_give_the_same_answer() -> None:
    assert asked(docs=DOCS[::-1]) == asked()


def test_a_row_stays_short_however_many_workloads_there_are() -> None:
    docs = [*SPACES, policy("deny", namespace="data", types="Ingress"), pod("db", "data", app="db")]
    docs += [pod(f"p{number:03}", f"n{number:03}", app="x") for number in range(300)]
    docs += [policy("some", namespace="data", ingress=[{"from": [{"podSelector": only(app="x")}]}])]
    docs[-1]["spec"]["ingress"][0]["from"][0]["namespaceSelector"] = {}
    answer = asked(docs=docs)
    ((_, ports, who),) = answer.tables[0].rows
    assert (ports, who) == ("every port", "n000/p000, n001/p001, n002/p002, n003/p003 and 296 more")


def test_it_can_be_read_at_80_columns_and_in_slack() -> None:
    answer = asked()
    console = Console(width=80, file=StringIO())
    with console.capture() as captured:
        console.print(draw(answer, everything=True))
    text = captured.get()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert any("data/db" in line and "TCP 5432" in line for line in text.splitlines())
    drawn = draw_blocks(answer, Frame(Layout.LIST, MOMENT))
    assert "TCP 5432" in str(drawn.first.blocks)
