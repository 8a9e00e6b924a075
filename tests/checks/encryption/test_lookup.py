"""Which provider writes a resource, and what the API server refuses: the numbered rules and more."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.encryption.faults import faults
from checks.encryption.lookup import ANY_CUSTOM, CONFIG_MAPS, SECRETS, Target, writer

IDENTITY: dict[str, Any] = {"identity": {}}
DEPLOYMENTS = Target("deployments", "apps")
KEY = base64.b64encode(b"k" * 32).decode()


def local(kind: str, name: str = "key1", secret: str = KEY) -> dict[str, Any]:
    return {kind: {"keys": [{"name": name, "secret": secret}]}}


def kms(version: str = "v2", **more: Any) -> dict[str, Any]:
    return {"kms": {"apiVersion": version, "name": "vault", "endpoint": "unix:///kms.sock", **more}}


def file_of(*rules: tuple[list[str], list[dict[str, Any]]]) -> o.EncryptionConfiguration:
    entries = [{"resources": resources, "providers": providers} for resources, providers in rules]
    return wire.convert({"resources": entries}, o.EncryptionConfiguration)


def test_rule_79_identity_first_is_not_encrypted() -> None:
    found = writer(file_of((["secrets"], [IDENTITY, local("aescbc")])), SECRETS)
    assert (found.provider, found.plain, found.behind) == ("identity", True, ("aescbc",))


def test_rule_80_a_provider_first_and_identity_last_is_encrypted() -> None:
    found = writer(file_of((["secrets"], [local("aescbc"), IDENTITY])), SECRETS)
    assert (found.provider, found.plain, found.prefix) == ("aescbc", False, "k8s:enc:aescbc:v1:key1:")


def test_rule_81_the_own_entry_beats_a_later_wildcard() -> None:
    file = file_of((["secrets"], [IDENTITY]), (["*.*"], [local("secretbox")]))
    assert not faults(file)
    assert writer(file, SECRETS).plain
    assert writer(file, CONFIG_MAPS).provider == "secretbox"


def test_rule_82_the_core_wildcard_covers_secrets_and_not_deployments() -> None:
    file = file_of((["*."], [kms()]))
    assert writer(file, SECRETS).prefix == "k8s:enc:kms:v2:vault:"
    assert writer(file, DEPLOYMENTS).plain
    assert writer(file, DEPLOYMENTS).at == ""


def test_rule_83_a_resource_without_an_entry_is_plain() -> None:
    assert writer(file_of((["secrets"], [local("aesgcm")])), CONFIG_MAPS).plain


@pytest.mark.parametrize(
    ("earlier", "later"), [("*.*", "secrets"), ("*.", "secrets"), ("*.*", "*.apps"), ("*.", "*.")]
)
def test_rule_84_an_entry_behind_a_wildcard_that_covers_it_is_refused(earlier: str, later: str) -> None:
    file = file_of(([earlier], [local("aescbc")]), ([later], [IDENTITY]))
    assert [fault.at for fault in faults(file)] == ["resources[1].resources[0]"]


def test_a_resource_in_two_entries_has_the_providers_of_both() -> None:
    file = file_of((["secrets"], [local("aescbc")]), (["secrets"], [IDENTITY]))
    assert not faults(file)
    assert writer(file, SECRETS).behind == ("identity",)


def test_everything_includes_custom_resources() -> None:
    file = file_of((["*.*"], [local("secretbox")]))
    assert writer(file, Target("widgets", "example.com")).provider == "secretbox"
    assert writer(file, ANY_CUSTOM).provider == "secretbox"
    assert writer(file_of((["*."], [local("secretbox")])), ANY_CUSTOM).plain


@pytest.mark.parametrize(
    "resources",
    [
        ["*"],
        ["Secrets"],
        ["secrets", "*."],
        ["secrets", "secrets"],
        ["*.*", "secrets"],
        ["secrets.*"],
        ["events.events.k8s.io"],
        ["ingresses.extensions"],
        ["serviceipallocations"],
        [],
    ],
)
def test_names_that_are_refused(resources: list[str]) -> None:
    assert faults(file_of((resources, [local("aescbc")])))


@pytest.mark.parametrize(
    "provider",
    [
        {},
        {"identity": None},
        {**IDENTITY, **local("aescbc")},
        {"aescbc": {"keys": []}},
        local("aescbc", name=""),
        local("aescbc", secret=""),
        local("aescbc", secret="not base64!"),
        local("aescbc", secret=base64.b64encode(b"short").decode()),
        local("secretbox", secret=base64.b64encode(b"k" * 16).decode()),
        kms(name=""),
        kms(name="a:b"),
        kms(endpoint=""),
        kms(endpoint="https://kms.example.com"),
        kms(timeout="0s"),
        kms(timeout="-3s"),
        kms(cachesize=10),
        kms("v1", cachesize=0),
        kms("v3"),
    ],
)
def test_providers_that_are_refused(provider: dict[str, Any]) -> None:
    assert faults(file_of((["secrets"], [provider])))


def test_kms_v1_is_refused_where_its_gate_is_off() -> None:
    file = file_of((["secrets"], [kms("v1")]))
    assert not faults(file, 28)
    assert faults(file, 29)


def test_two_kms_v2_providers_need_two_names() -> None:
    assert faults(file_of((["secrets"], [kms(), kms()])))
    assert not faults(file_of((["secrets"], [kms(), kms(name="other"), IDENTITY])))


def test_nothing_of_a_key_is_kept_but_its_size() -> None:
    file = file_of((["secrets"], [local("aescbc")]))
    assert KEY.encode() not in wire.encode(file)
    assert KEY not in repr(file)
    assert wire.decoder(o.EncryptionConfiguration).decode(wire.encode(file)) == file
