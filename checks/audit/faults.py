"""What the API server refuses in an audit policy, and what of one never decides anything.

The rules of refusal are those of k8s.io/apiserver, apis/audit/validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from checks.audit.policy import STAGES, is_level, path_matches, resource_matches
from checks.cluster import objects as o
from checks.fault import Fault

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_NAME = 253


class Shadow(Struct, frozen=True, gc=False):
    """A rule that never decides, and the earlier one that takes all of its requests."""

    rule: int
    by: int


def faults(policy: o.AuditPolicy) -> tuple[Fault, ...]:
    """Everything for which the API server refuses the policy."""
    found = list(_stages(policy.omit_stages, "omitStages"))
    if not policy.rules:
        found.append(Fault("rules", "has no rule"))
    for index, rule in enumerate(policy.rules or ()):
        found += _rule(rule, f"rules[{index}]")
    return tuple(found)


def _rule(rule: o.AuditRule, at: str) -> Iterator[Fault]:
    if not is_level(rule.level):
        yield Fault(f"{at}.level", "is not None, Metadata, Request or RequestResponse")
    yield from _stages(rule.omit_stages, f"{at}.omitStages")
    for index, path in enumerate(rule.non_resource_urls or ()):
        if path == "*":
            continue
        if not path.startswith("/"):
            yield Fault(f"{at}.nonResourceURLs[{index}]", "does not begin with a slash")
        if "*" in path[:-1]:
            yield Fault(f"{at}.nonResourceURLs[{index}]", "has a star that is not its last character")
    for index, given in enumerate(rule.resources or ()):
        where = f"{at}.resources[{index}]"
        name = given.group
        if name not in ("", "*") and (len(name) > _LONGEST_NAME or not _SUBDOMAIN.fullmatch(name)):
            yield Fault(f"{where}.group", "is not the name of an API group")
        if given.resource_names and not given.resources:
            yield Fault(f"{where}.resourceNames", "is there without resources")
    if rule.non_resource_urls and (rule.resources or rule.namespaces):
        yield Fault(at, "is about both resources and paths")


def _stages(given: Sequence[str] | None, at: str) -> Iterator[Fault]:
    for index, stage in enumerate(given or ()):
        if stage not in STAGES:
            yield Fault(f"{at}[{index}]", f"is not one of {', '.join(STAGES)}")


def shadowed(policy: o.AuditPolicy) -> Iterator[Shadow]:
    """Rules that never decide because one earlier rule matches whatever they match.

    Several earlier rules that do so only together are not recognised.
    """
    rules = policy.rules or ()
    for index, rule in enumerate(rules):
        earlier = next((i for i in range(index) if _includes(rules[i], rule)), None)
        if earlier is not None:
            yield Shadow(index, earlier)


def _includes(wide: o.AuditRule, narrow: o.AuditRule) -> bool:
    named = ((wide.users, narrow.users), (wide.user_groups, narrow.user_groups), (wide.verbs, narrow.verbs))
    if not all(_set_includes(one, other) for one, other in named):
        return False
    if wide.namespaces or wide.resources:
        about_resources = bool(narrow.namespaces or narrow.resources)
        return (
            about_resources
            and _set_includes(wide.namespaces, narrow.namespaces)
            and _resources_include(wide.resources, narrow.resources)
        )
    if wide.non_resource_urls:
        return bool(
            narrow.non_resource_urls
            and not (narrow.namespaces or narrow.resources)
            and all(
                any(_path_includes(one, other) for one in wide.non_resource_urls)
                for other in narrow.non_resource_urls
            )
        )
    return True


def _set_includes(wide: Sequence[str] | None, narrow: Sequence[str] | None) -> bool:
    return not wide or bool(narrow and set(narrow) <= set(wide))


def _path_includes(wide: str, narrow: str) -> bool:
    return wide == narrow or (wide.endswith("*") and path_matches(narrow.rstrip("*"), wide))


def _resources_include(
    wide: Sequence[o.AuditResources] | None, narrow: Sequence[o.AuditResources] | None
) -> bool:
    if not wide:
        return True
    return bool(narrow) and all(_group_included(other, wide) for other in narrow or ())


def _group_included(narrow: o.AuditResources, wide: Sequence[o.AuditResources]) -> bool:
    fitting = [each for each in wide if each.group in ("*", narrow.group)]
    return any(not each.resources for each in fitting) or (
        bool(narrow.resources)
        and all(
            any(
                _pattern_includes(one, other) and _set_includes(each.resource_names, narrow.resource_names)
                for each in fitting
                for one in each.resources or ()
            )
            for other in narrow.resources or ()
        )
    )


def _pattern_includes(wide: str, narrow: str) -> bool:
    if wide in ("*", narrow):
        return True
    if "*" in narrow:
        return False
    resource, _, subresource = narrow.partition("/")
    return resource_matches(wide, resource, subresource)
