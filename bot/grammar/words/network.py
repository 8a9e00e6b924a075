"""What can be asked about traffic: who reaches whom, what is exposed, who may talk to whom all at once."""

from __future__ import annotations

from bot.commands.exposed import IsExposed
from bot.commands.matrix import ShowMatrix
from bot.commands.reach import ANYBODY, CanReach
from bot.grammar.sentences import Said, spoken
from bot.grammar.word import Arguments, Word

NetworkQuestion = CanReach | IsExposed | ShowMatrix

_INTERNET = "internet"


def _reach(arguments: Arguments) -> CanReach | None:
    source, destination, port = (arguments.word(place) for place in range(3))
    if len(arguments.words) == 1:
        return None
    return CanReach(source or ANYBODY, destination or ANYBODY, port, arguments.one("cluster"))


def _said_reach(said: Said) -> CanReach:
    return CanReach(said["source"] or ANYBODY, said["to"] or ANYBODY, said["port"], said.cluster)


def _exposed(arguments: Arguments) -> IsExposed | None:
    return IsExposed(arguments.word(0), arguments.one("cluster")) if arguments.words else None


def _said_exposed(said: Said) -> IsExposed:
    return IsExposed(said["to"], said.cluster)


def _matrix(arguments: Arguments) -> ShowMatrix:
    return ShowMatrix(arguments.word(0), arguments.cluster_at(1))


def _said_matrix(said: Said) -> ShowMatrix:
    return ShowMatrix(said["namespace"], said.cluster)


_PHRASES = {
    "reach": "(reach|talk to|connect to|call|speak to|get to)",
    "one": "[the] [(pod|workload|deployment|service)]",
    "port": "[(on|at|over) [(port|tcp|udp)] {port}]",
    "internet": "[the] (internet|outside|world|public internet|outside world)",
}
_REACH = (
    *spoken(
        _said_reach,
        "(can|may|does|could) <one> {source:end} <reach> <one> {to:end} <port> <cluster>",
        "is <one> {source:end} (allowed|able) to <reach> <one> {to:end} <port> <cluster>",
        "(who|what) (can|may|could|is allowed to) <reach> <one> {to:end} <port> <cluster>",
        "(what|whom|who) (can|may|could) <one> {source:end} <reach> <port> <cluster>",
        "(what|whom|who) is <one> {source:end} allowed to <reach> <port> <cluster>",
        **_PHRASES,
    ),
    *spoken(
        lambda said: CanReach(said["source"], _INTERNET, cluster=said.cluster),
        "(can|may|does|could) <one> {source:end} <reach> <internet> <cluster>",
        "does <one> {source:end} have (internet access|egress to <internet>) <cluster>",
        **_PHRASES,
    ),
    *spoken(
        lambda said: CanReach(cluster=said.cluster),
        "which namespaces are (isolated|closed|closed by default) <cluster>",
        "<show> default deny (by|per) namespace <cluster>",
    ),
)
_EXPOSED = spoken(
    _said_exposed,
    "is <one> {to:end} [(publicly|externally)] (exposed|reachable|accessible|public|open)"
    " [(to|from) <internet>] <cluster>",
    "is <one> {to:end} [(exposed|reachable|accessible|open)] (to|from|on) <internet> <cluster>",
    "can [anyone from] <internet> <reach> <one> {to:end} <cluster>",
    "(how|where) is <one> {to:end} exposed <cluster>",
    **_PHRASES,
)
_MATRIX = spoken(
    _said_matrix,
    "[show [me]] [the] (network|traffic|segmentation|reachability) (matrix|map) <within> <cluster>",
    "who (can|may|is allowed to) <reach> (whom|who) <within> <cluster>",
    "what talks to what <within> <cluster>",
    **_PHRASES,
)

WORDS: tuple[Word[NetworkQuestion], ...] = (
    Word(
        "reach",
        "reach [FROM TO [PORT]] [cluster=NAME]",
        "Who may talk to whom by the network policies: NAMESPACE/NAME, an address, internet, or any",
        (
            "reach web/front web/shop 8080",
            "who can reach data/db",
            "what can web/shop reach",
            "which namespaces are closed by default",
        ),
        frozenset({"cluster"}),
        _reach,
        ("end", "end", "port"),
        sentences=_REACH,
    ),
    Word(
        "exposed",
        "exposed NAMESPACE/NAME [cluster=NAME]",
        "Whether a workload or a Service is open to the Internet: what publishes it, and what guards it",
        ("exposed web/shop", "is web/shop exposed", "is data/db reachable from the internet"),
        frozenset({"cluster"}),
        _exposed,
        ("end",),
        sentences=_EXPOSED,
    ),
    Word(
        "matrix",
        "matrix [NAMESPACE] [cluster]",
        "Who may talk to whom on which ports, by workload: into and out of a namespace",
        ("matrix payments", "network matrix of payments"),
        frozenset({"cluster"}),
        _matrix,
        ("namespace", "cluster"),
        sentences=_MATRIX,
    ),
)
