"""Which checks there are: declared beside their functions, gathered from one explicit list of modules.

Nothing registers itself by being imported: the list below is the whole truth, in one place.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import ModuleType

from msgspec.structs import replace

from checks.cluster.kinds import KINDS
from checks.model import Check, CheckFunction, Remediation, Severity, Theme

MODULES = (
    "checks.rules.admission",
    "checks.rules.admission_policies",
    "checks.rules.api_server",
    "checks.rules.audit_log",
    "checks.rules.audit_policy",
    "checks.rules.bare_pods",
    "checks.rules.capabilities",
    "checks.rules.confinement",
    "checks.rules.constraints",
    "checks.rules.controller_manager",
    "checks.rules.encryption",
    "checks.rules.escalation",
    "checks.rules.etcd",
    "checks.rules.exposure",
    "checks.rules.gatekeeper",
    "checks.rules.gateway_certificates",
    "checks.rules.gateways",
    "checks.rules.guards",
    "checks.rules.host",
    "checks.rules.host_paths",
    "checks.rules.image_drift",
    "checks.rules.image_sources",
    "checks.rules.images",
    "checks.rules.ingresses",
    "checks.rules.isolation",
    "checks.rules.key_service",
    "checks.rules.kubelet",
    "checks.rules.mandatory_access",
    "checks.rules.mesh",
    "checks.rules.mutators",
    "checks.rules.namespace_levels",
    "checks.rules.namespaces",
    "checks.rules.network",
    "checks.rules.network_plugin",
    "checks.rules.network_policies",
    "checks.rules.openshift",
    "checks.rules.privileges",
    "checks.rules.probes",
    "checks.rules.proxy",
    "checks.rules.pss_baseline",
    "checks.rules.pss_restricted",
    "checks.rules.quotas",
    "checks.rules.rbac_admin",
    "checks.rules.rbac_rights",
    "checks.rules.rbac_roles",
    "checks.rules.rbac_subjects",
    "checks.rules.resources",
    "checks.rules.root",
    "checks.rules.scheduler",
    "checks.rules.secret_spread",
    "checks.rules.secret_stores",
    "checks.rules.secret_upkeep",
    "checks.rules.secret_values",
    "checks.rules.secrets",
    "checks.rules.service_accounts",
    "checks.rules.services",
    "checks.rules.signatures",
    "checks.rules.tokens",
    "checks.rules.unused_rights",
    "checks.rules.users",
    "checks.rules.versions",
)

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


class RegistryError(Exception):
    """A check is declared wrongly. A mistake in the program, found when it starts."""


def check(
    *,
    id: str,  # noqa: A002
    title: str,
    severity: Severity,
    population: tuple[str, ...],
    rationale: str,
    remediation: str,
    snippet: str,
    needs: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
    hints: tuple[str, ...] = (),
    because: str = "",
) -> Callable[[CheckFunction], Check]:
    """Turn a function of a snapshot into a Check; `needs`, `population`, `also` and `hints` as in `Check`."""

    def declare(function: CheckFunction) -> Check:
        return Check(
            id=id,
            title=title,
            severity=severity,
            needs=needs,
            population=population,
            rationale=rationale,
            remediation=Remediation(remediation, snippet),
            function=function,
            also=also,
            hints=hints,
            because=because,
        )

    return declare


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, by id. Raises RegistryError for one that is declared wrongly or twice."""
    return gather(importlib.import_module(name) for name in MODULES)


def gather(modules: Iterable[ModuleType]) -> tuple[Check, ...]:
    """The checks that these modules declare, by id, each with its module's theme.

    Raises RegistryError as `all_checks` does.
    """
    found: dict[str, Check] = {}
    for module in modules:
        declared = list(declared_in(module))
        if not declared:
            raise RegistryError(
                f"{module.__name__} declares no check: take it out of checks.registry.MODULES."
            )
        for item in declared:
            _validate(item)
            if item.id in found:
                raise RegistryError(
                    f"Two checks are called {item.id} (one in {module.__name__}): rename one."
                )
            found[item.id] = replace(item, theme=_theme(module))
    return tuple(found[id_] for id_ in sorted(found))


def declared_in(module: ModuleType) -> Iterator[Check]:
    """The checks among a module's values, alone or in a tuple, as tables of like checks are."""
    for value in vars(module).values():
        if isinstance(value, Check):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Check))


def _theme(module: ModuleType) -> Theme:
    theme = getattr(module, "THEME", None)
    if not isinstance(theme, Theme):
        raise RegistryError(
            f"{module.__name__} has no THEME: say what its checks are about, such as "
            "`THEME = Theme.ACCESS` (see checks.model)."
        )
    return theme


def _validate(item: Check) -> None:
    if not _ID.fullmatch(item.id):
        raise RegistryError(f"{item.id!r} is no check id: use lower-case words joined by hyphens.")
    for kind in item.kinds:
        if kind not in KINDS:
            raise RegistryError(
                f"{item.id} names the kind {kind}, which is not read: see checks.cluster.kinds."
            )
    if not item.population:
        raise RegistryError(f"{item.id} has no population: say which kinds it judges.")
    texts = (
        *(item.title, item.rationale, item.because, item.remediation.text, item.remediation.snippet),
        item.explanation,
    )
    if not all(text.strip() for text in texts):
        raise RegistryError(
            f"{item.id} needs a title, a rationale, why it has its severity (`because`), how it is decided "
            "(a docstring), a remediation and a snippet."
        )
