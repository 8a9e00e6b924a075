"""What people name a check by: its id, or the number of a requirement that it speaks for."""

from __future__ import annotations

import re

from bot.errors import CommandError
from checks import frameworks, registry
from checks.frameworks.model import Framework, Requirement
from checks.model import Check
from checks.nearest import did_you_mean

_NUMBER = re.compile(r"[a-z]{0,3}-?[0-9]+(?:\.[a-z0-9]+)*(?:\([a-z0-9]+\))*", re.IGNORECASE)


def is_number(topic: str) -> bool:
    """Whether it looks like a requirement's number, with or without its framework."""
    return "/" in topic or _NUMBER.fullmatch(topic) is not None


def by_id() -> dict[str, Check]:
    """Every built-in check."""
    return {check.id: check for check in registry.all_checks()}


def numbered(topic: str) -> tuple[Framework, Requirement]:
    """The requirement of a number: of the framework that is named, else of the first that has it.

    Raises CommandError, or FrameworkError for a framework that there is not.
    """
    id_, slash, number = topic.rpartition("/")
    ids = (id_.casefold(),) if slash else (frameworks.DEFAULT_FRAMEWORK, *frameworks.framework_ids())
    for framework in frameworks.load(dict.fromkeys(ids)):
        for requirement in framework.requirements:
            if requirement.id.casefold() == number.casefold():
                return framework, requirement
    if is_number(topic):
        raise CommandError(
            f"No framework has a requirement {topic[:80]}.",
            "Say its number, such as 5.1.3, or cis-kubernetes-2.0.1/5.1.3; "
            f"frameworks are {', '.join(frameworks.framework_ids())}.",
        )
    raise CommandError(
        f"There is no check called {topic[:80]}.",
        f"{did_you_mean(topic, by_id())}Say a check's id, such as pod-privileged, or a number: 5.1.3.",
    )


def deciding(requirement: Requirement) -> tuple[Check, ...]:
    """The checks that speak for a requirement: those it names, or those of its themes."""
    known = by_id()
    if requirement.checks:
        return tuple(known[each] for each in requirement.checks)
    return tuple(each for each in known.values() if each.theme in requirement.themes)


def checks_of(topic: str) -> tuple[Check, ...]:
    """The check of an id, or those that speak for the requirement of a number. Raises CommandError."""
    known = by_id()
    if topic.casefold() in known:
        return (known[topic.casefold()],)
    framework, requirement = numbered(topic)
    found = deciding(requirement)
    if not found:
        why = requirement.rest.reason if requirement.rest else "It is for a person to find out."
        raise CommandError(f"No check decides {framework.id} {requirement.id}.", why)
    return found
