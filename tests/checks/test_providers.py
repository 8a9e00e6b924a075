"""Whose the control plane is, and what its provider is to be asked for."""

import pytest
from msgspec.structs import replace

from checks.model import MANAGED
from checks.providers import managed_control_plane
from tests.harness.fixture_snapshot import snapshot_of


@pytest.mark.parametrize("provider", sorted(MANAGED))
def test_a_managed_one_is_the_providers_to_prove(provider: str) -> None:
    taken = snapshot_of()
    reason = managed_control_plane(replace(taken, cluster=replace(taken.cluster, provider=provider)))
    assert reason is not None
    assert "managed by the provider" in reason
    assert "Ask for its SOC 2" in reason


@pytest.mark.parametrize("provider", ["", "kubeadm", "openshift", "k3s", "rke2", "kind"])
def test_all_others_are_looked_at(provider: str) -> None:
    taken = snapshot_of()
    assert managed_control_plane(replace(taken, cluster=replace(taken.cluster, provider=provider))) is None
