"""Checks are declared once, wholly, and without a way to touch the world."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from checks import rules
from checks.cluster.kinds import KINDS
from checks.model import Severity, Theme
from checks.registry import MODULES, RegistryError, all_checks, check, declared_in, gather

ALLOWED = (
    "checks.",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "itertools",
    "posixpath",
    "msgspec",
    "re",
    "typing",
)
FORBIDDEN_CALLS = {"open", "print", "input", "eval", "exec", "__import__"}


def module(**declared: Any) -> ModuleType:
    made = ModuleType("made_up")
    vars(made).update({"THEME": Theme.ACCESS, **declared})
    return made


def declared(**changes: Any) -> Any:
    fields: dict[str, Any] = {
        "id": "made-up",
        "title": "t",
        "severity": Severity.LOW,
        "population": ("Pod",),
        "because": "b",
        "rationale": "r",
        "remediation": "m",
        "snippet": "s: 1",
    }
    return replace(check(**{**fields, **changes})(lambda _: iter(())), how="by nothing")


def test_every_module_that_declares_a_check_is_in_the_list() -> None:
    folder = Path(rules.__file__).parent
    names = (f"checks.rules.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__")
    declaring = {name for name in names if any(declared_in(importlib.import_module(name)))}
    assert declaring == set(MODULES)


def test_ids_are_unique_and_sorted() -> None:
    ids = [item.id for item in all_checks()]
    assert ids == sorted(set(ids))
    assert len(ids) >= 25


@pytest.mark.parametrize("item", all_checks(), ids=lambda item: item.id)
def test_texts_can_be_used(item: Any) -> None:
    assert set(item.needs) <= set(KINDS)
    assert item.title == item.title.strip().rstrip(".")
    assert item.rationale.endswith(".")
    assert item.remediation.text.endswith(".")
    assert all(document is not None for document in yaml.safe_load_all(item.remediation.snippet))
    assert inspect.getdoc(item.function), "say in the docstring how it judges"
    assert item.because.endswith(".")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "Bad_Id"}, "no check id"),
        ({"needs": ("Gadget",)}, "Gadget"),
        ({"population": ()}, "no population"),
        ({"rationale": " "}, "rationale"),
        ({"because": ""}, "because"),
    ],
)
def test_wrong_declarations_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(RegistryError, match=says):
        gather([module(it=declared(**changes))])


def test_two_checks_of_one_id_are_refused() -> None:
    with pytest.raises(RegistryError, match="Two checks are called made-up"):
        gather([module(one=declared(), two=declared())])


def test_a_check_that_does_not_say_how_it_decides_is_refused() -> None:
    with pytest.raises(RegistryError, match="how it is decided"):
        gather([module(it=replace(declared(), how=""))])


@pytest.mark.parametrize("theme", [None, "access"])
def test_module_without_a_theme_is_refused(theme: str | None) -> None:
    with pytest.raises(RegistryError, match="has no THEME"):
        gather([module(it=declared(), THEME=theme)])


def test_a_check_has_its_modules_theme() -> None:
    assert [item.theme for item in gather([module(it=declared())])] == [Theme.ACCESS]
    assert Theme.OWN not in {item.theme for item in all_checks()}


def test_module_without_checks_is_refused() -> None:
    with pytest.raises(RegistryError, match="declares no check"):
        gather([module()])


@pytest.mark.parametrize("name", MODULES)
def test_rules_are_pure(name: str) -> None:
    """No input or output, no clock, no randomness, no global: only data in, verdicts out."""
    tree = ast.parse(inspect.getsource(importlib.import_module(name)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(alias.name.startswith(ALLOWED) for alias in node.names), ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            assert node.module == "__future__" or (node.module or "").startswith(ALLOWED), ast.unparse(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in FORBIDDEN_CALLS
        assert not isinstance(node, ast.Global)
