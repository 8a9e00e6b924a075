"""The frameworks as a page to read, made from their files: every requirement and what speaks for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from checks.frameworks.model import Framework, Requirement

_HEAD = """\
# Frameworks

Generated from the files in `checks/frameworks`; do not edit it. `quarterdeck frameworks show ID`
shows the same, and [schema/framework.v1.json](schema/framework.v1.json) and
[schema/framework-rows.v1.json](schema/framework-rows.v1.json) are the files' schemas.

Numbers are the frameworks' own and titles are our words; the guide of NSA and CISA has no numbers,
so those are ours, chapter by chapter. Every requirement is in every report, whether it has checks
or not. Where a benchmark assesses one manually, its checks are an automated indicator: a reviewer
decides. A benchmark for one provider's clusters applies to no other provider's, and its report says
so. Profile levels are given where public data has them: the CIS benchmarks for EKS, GKE and AKS are
listed without.

An **indicative** mapping is our judgement of which controls of a standard that is about far more
than clusters the checks bear on. It lists those controls only, at most three for each theme of
checks, and none of them passes by checks alone.

Quarterdeck is affiliated with none of the publishers, and nothing here is a certification.
"""


def markdown(frameworks: Iterable[Framework]) -> str:
    """The whole page."""
    known = tuple(frameworks)
    return "\n".join((*_head(known), *(line for each in known for line in _framework(each))))


def counts(framework: Framework) -> Counter[str]:
    """How many requirements have checks, or else are for a person (`manual`) or not visible."""
    return Counter(
        "checks" if item.checks or not item.rest else item.rest.status.value
        for item in framework.requirements
    )


def applies_to(framework: Framework) -> str:
    """Whose clusters it is for, in words."""
    return framework.for_provider.upper() if framework.for_provider else "every cluster"


def _head(frameworks: tuple[Framework, ...]) -> Iterator[str]:
    yield from _HEAD.splitlines()
    yield ""
    yield "| Framework | Title | For | Requirements | With checks | For a person | Not visible here |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for each in frameworks:
        counted = counts(each)
        kind = ", indicative" if each.indicative else ""
        yield (
            f"| [`{each.id}`](#{_anchor(each)}) | {each.title} {each.version}{kind} | {applies_to(each)} "
            f"| {len(each.requirements)} | {counted['checks']} | {counted['manual']} "
            f"| {counted['not_evaluated']} |"
        )
    yield ""


def _anchor(framework: Framework) -> str:
    return framework.id.replace(".", "")


def _framework(framework: Framework) -> Iterator[str]:
    yield f"## {framework.id}"
    yield ""
    yield f"{framework.title} {framework.version}: {len(framework.requirements)} requirements."
    yield ""
    if framework.indicative:
        yield "| No. | Control | Themes of checks | Why |"
        yield "| --- | --- | --- | --- |"
        for item in framework.requirements:
            themes = ", ".join(item.themes) or "none: the reports are the evidence"
            yield f"| {item.id} | {item.title} | {themes} | {item.why} |"
    else:
        yield "| No. | Requirement | Assessed | Checks, and what they leave open |"
        yield "| --- | --- | --- | --- |"
        for item in framework.requirements:
            level = f"L{item.level}, " if item.level else ""
            yield f"| {item.id} | {item.title} | {level}{item.assessment} | {_spoken_for(item)} |"
    yield ""


def _spoken_for(item: Requirement) -> str:
    checks = ", ".join(f"[`{check}`](checks.md#{check})" for check in item.checks)
    rest = item.rest
    return " ".join(filter(None, (checks, f"_{rest.status.value}_: {rest.reason}" if rest else "")))
