"""One image for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.image import Image, image

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that `-m "not image"` never builds one."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.image)


@pytest.fixture(scope="session")
def built() -> Iterator[Image]:
    """The image as `tools/image.sh` builds it of this tree, unpacked."""
    with image() as each:
        yield each
