"""Sets of ports, exactly: each port of TCP, UDP and SCTP is a number on one line, a set is its intervals.

So what rules come to is computed for all ports at once, however many each names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from checks.wording import some

PROTOCOLS = ("TCP", "UDP", "SCTP")
_SIZE = 65_536
_LAST = _SIZE - 1
_MOST_NAMED = 8

Span = tuple[int, int]


class Ports(Struct, frozen=True, gc=False):
    """A set of ports: disjoint intervals, ascending, both ends included."""

    spans: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __or__(self, other: Ports) -> Ports:
        if not self.spans or self == ALL:
            return other if not self.spans else self
        return _joined((*self.spans, *other.spans)) if other.spans else self

    def __and__(self, other: Ports) -> Ports:
        if other is ALL or self is ALL:
            return self if other is ALL else other
        return Ports(tuple(_common(self.spans, other.spans)))

    def __sub__(self, other: Ports) -> Ports:
        if not other.spans or not self.spans:
            return self
        if self.spans == other.spans:
            return NONE
        return Ports(tuple(_common(self.spans, _complement(other).spans)))

    @property
    def ranges(self) -> tuple[tuple[str, int, int], ...]:
        """Protocol, first and last port of each interval."""
        return tuple((PROTOCOLS[first // _SIZE], first % _SIZE, last % _SIZE) for first, last in self.spans)

    def __str__(self) -> str:
        if self == ALL:
            return "every port"
        texts = [text for number, name in enumerate(PROTOCOLS) for text in _texts(self.spans, number, name)]
        return some(texts, _MOST_NAMED) or "no port"


def ports(protocol: str, first: int = 1, last: int | None = None) -> Ports:
    """The ports of a protocol from the first to the last; none for a protocol or numbers there are not."""
    if protocol not in PROTOCOLS:
        return NONE
    last = first if last is None else last
    if first < 1 or last > _LAST or first > last:
        return NONE
    base = PROTOCOLS.index(protocol) * _SIZE
    return Ports(((base + first, base + last),))


def every(protocol: str) -> Ports:
    """Every port of a protocol."""
    return ports(protocol, 1, _LAST)


def union(sets: Iterable[Ports]) -> Ports:
    """All of these together."""
    return _joined([span for each in sets for span in each.spans])


def _joined(spans: Iterable[Span]) -> Ports:
    joined: list[Span] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return Ports(tuple(joined))


def _common(one: tuple[Span, ...], other: tuple[Span, ...]) -> Iterator[Span]:
    left = right = 0
    while left < len(one) and right < len(other):
        first = max(one[left][0], other[right][0])
        last = min(one[left][1], other[right][1])
        if first <= last:
            yield first, last
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1


def _complement(of: Ports) -> Ports:
    spans: list[Span] = []
    following = 0
    for first, last in of.spans:
        if first > following:
            spans.append((following, first - 1))
        following = last + 1
    spans.append((following, len(PROTOCOLS) * _SIZE))
    return Ports(tuple(spans))


def _texts(spans: tuple[Span, ...], number: int, name: str) -> Iterator[str]:
    base = number * _SIZE
    for first, last in spans:
        if base <= first < base + _SIZE:
            start, end = first - base, last - base
            if (start, end) == (1, _LAST):
                yield f"every {name} port"
            else:
                yield f"{name} {start}" if start == end else f"{name} {start}-{end}"


NONE = Ports()
ALL = Ports(tuple((n * _SIZE + 1, n * _SIZE + _LAST) for n in range(len(PROTOCOLS))))
