"""Of what OpenShift's operators are overridden with, no value is ever kept."""

import pytest

from checks.cluster import objects as o
from checks.cluster.objects import wire
from checks.cluster.objects.openshift import Keys

OVERRIDDEN = {
    "apiVersion": "operator.openshift.io/v1",
    "kind": "KubeAPIServer",
    "metadata": {"name": "cluster"},
    "spec": {
        "unsupportedConfigOverrides": {"oauth": {"token": "hunter2-hunter2"}, "apiServerArguments": None},
        "observedConfig": {"password": "hunter2-hunter2"},
    },
}


def test_of_overrides_only_the_names_are_kept() -> None:
    read = wire.convert(OVERRIDDEN, o.OpenShiftKubeAPIServer)
    assert read.spec.unsupported_config_overrides == Keys(("apiServerArguments", "oauth"))
    assert b"hunter2" not in wire.encode(read)
    assert "hunter2" not in repr(read)


def test_they_outlive_being_written_and_read_again() -> None:
    read = wire.convert(OVERRIDDEN, o.OpenShiftKubeAPIServer)
    again = wire.decoder(o.OpenShiftKubeAPIServer).decode(wire.encode(read))
    assert again == read
    assert hash(again.spec.unsupported_config_overrides) == hash(read.spec.unsupported_config_overrides)


def test_what_is_no_object_has_no_names() -> None:
    with pytest.raises(ValueError, match="Expected `object`, got `list`"):
        Keys.from_wire([])
