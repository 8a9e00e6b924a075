"""One PDF of the sample for all tests that only read it: drawing takes seconds."""

from pathlib import Path

import pytest

from reports.document import Document, build
from reports.render.report import render
from tests.harness.report_scans import hostile, sample


@pytest.fixture(scope="session")
def document() -> Document:
    return build(sample(), run_id="r-20261124-k3f9")


@pytest.fixture(scope="session")
def sample_pdf(document: Document, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "sample.pdf"
    render(document, "pdf", path)
    return path


@pytest.fixture(scope="session")
def hostile_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "hostile.pdf"
    render(build(hostile()), "pdf", path)
    return path
