"""The algebra of ports against plain sets."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.network.ports import ALL, NONE, PROTOCOLS, Ports, every, ports, union

SOME = st.lists(
    st.tuples(st.sampled_from(PROTOCOLS), st.integers(1, 40), st.integers(0, 12)), max_size=6
).map(lambda each: union(ports(name, first, first + more) for name, first, more in each))


def members(of: Ports) -> set[int]:
    return {number for first, last in of.spans for number in range(first, last + 1)}


@settings(deadline=None)
@given(SOME, SOME)
def test_ports_are_sets(one: Ports, other: Ports) -> None:
    assert members(one | other) == members(one) | members(other)
    assert members(one & other) == members(one) & members(other)
    assert members(one - other) == members(one) - members(other)
    assert (one | other) == (other | one)
    assert (one & ALL) == one == (ALL & one)
    assert (one - ALL) == NONE == (ALL - ALL)
    assert members(ALL - one) == members(ALL) - members(one)


def test_numbers_that_are_no_ports_are_none() -> None:
    assert ports("TCP", 0) == ports("TCP", 70_000) == ports("ICMP", 1) == ports("TCP", 9, 3) == NONE
    assert every("SCTP") & ports("TCP", 5) == NONE


def test_they_are_said_in_words() -> None:
    assert str(ALL) == "every port"
    assert str(NONE) == "no port"
    assert str(ports("TCP", 80) | ports("TCP", 81, 90) | every("UDP")) == "TCP 80-90, every UDP port"
    assert str(union(ports("TCP", n) for n in range(1, 40, 2))).endswith("and 12 more")
