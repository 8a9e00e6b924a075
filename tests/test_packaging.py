"""The price of flat packages (docs/adr/0001): nobody else may own our names."""

import importlib.metadata

OURS = ("bot", "checks", "reports", "templates")


def test_no_other_distribution_owns_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    assert {name: set(owners.get(name, ())) - {"quarterdeck"} for name in OURS} == {
        name: set() for name in OURS
    }
