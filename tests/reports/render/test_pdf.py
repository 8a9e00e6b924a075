"""The PDF: valid, accessible, reproducible, true to the scan, bounded, and never there in half."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdf
import pytest

from checks.model import Status
from reports.document import Document, build, digest, evidence
from reports.render.apart import draw
from reports.render.errors import (
    CannotWrite,
    DrawingFailed,
    MissingLibrary,
    RenderError,
    TookTooLong,
    TooMuchMemory,
    UnknownFormat,
)
from reports.render.job import PdfJob
from reports.render.page import Medium, page, stylesheet
from reports.render.pdf import MEMORY, SECONDS, Pdf
from reports.render.report import render
from tests.harness import verapdf
from tests.harness.report_scans import finding, hostile, huge, nothing_found, nothing_read, sample, scan

pytestmark = pytest.mark.slow


def text_of(path: Path) -> str:
    return re.sub(r"\s+", " ", " ".join(each.extract_text() for each in pypdf.PdfReader(path).pages))


def job(html: str, output: Path) -> PdfJob:
    data = evidence(scan())
    return PdfJob(html, data, digest(data), scan().finished, str(output), MEMORY, SECONDS)


@pytest.mark.parametrize("flavour", ["3a", "ua1"])
def test_the_reference_validator_finds_nothing(flavour: str, sample_pdf: Path, hostile_pdf: Path) -> None:
    verapdf.check(flavour, sample_pdf, hostile_pdf)


def test_the_validator_does_find_faults(tmp_path: Path) -> None:
    path = tmp_path / "plain.pdf"
    with path.open("wb") as file:
        writer = pypdf.PdfWriter()
        writer.add_blank_page(100, 100)
        writer.write(file)
    with pytest.raises(verapdf.VeraPdfError, match="FAIL"):
        verapdf.check("3a", path)


def test_the_evidence_inside_is_the_one_on_the_cover(sample_pdf: Path, document: Document) -> None:
    reader = pypdf.PdfReader(sample_pdf)
    [inside] = reader.attachments["evidence.json"]
    assert inside == document.evidence == evidence(sample())
    assert digest(inside) == document.sha256
    assert document.sha256 in reader.pages[0].extract_text().replace("\n", "")
    assert all(document.sha256 in each.extract_text().replace("\n", "") for each in reader.pages)


def test_the_numbers_are_those_of_the_json(sample_pdf: Path) -> None:
    text = text_of(sample_pdf)
    data = json.loads(pypdf.PdfReader(sample_pdf).attachments["evidence.json"][0])
    for status in Status:
        amount = sum(each["status"] == status for each in data["results"])
        assert re.search(rf"{status.replace('_', ' ')} {amount:,} ", text), status
    for framework in data["frameworks"]:
        counts = framework["counts"]
        told = [f"{counts[status]} {status.replace('_', ' ')}" for status in Status if counts[status]]
        assert all(each in text for each in told)
        assert f"{len(framework['requirements'])} requirements in all" in text
        assert [each["id"] for each in framework["requirements"] if f" {each['id']} " not in text] == []
    unused = text.partition("come with add-ons: ")[2].partition("Verdicts that are neither")[0]
    for kind in data["coverage"]:
        if kind.get("custom") and not kind["listed"] and kind["state"] in ("collected", "absent"):
            assert re.search(rf"\b{kind['kind']}\b", unused), kind
        else:
            row = rf"{kind['kind']} {kind['apiVersion']} {kind['state']} {kind['listed']} "
            assert re.search(row, text), kind
    for holder in data["clusterAdmins"]:
        assert holder["subject"]["name"] in text


def test_it_has_what_a_reader_needs(sample_pdf: Path, document: Document) -> None:
    reader = pypdf.PdfReader(sample_pdf)
    assert reader.metadata is not None
    assert reader.metadata.title == "Kubernetes compliance report: harbour"
    assert reader.metadata.creation_date == document.finished
    assert str(reader.root_object["/Lang"]) == "en"
    assert "/StructTreeRoot" in reader.root_object
    sections = [each for each in reader.outline if not isinstance(each, list)]
    assert [str(each.title)[:1] for each in sections] == ["1", "2", "3", "4", "5", "6"]
    starts = [(reader.get_destination_page_number(each) or 0) + 1 for each in sections]
    last = len(reader.pages)
    assert f"Page {last} of {last}" in reader.pages[-1].extract_text()
    contents = "\n".join(each.extract_text() for each in reader.pages[1 : starts[0] - 1])
    for section, start in zip(sections, starts, strict=True):
        assert str(section.title) in reader.pages[start - 1].extract_text()
        assert re.search(rf"{re.escape(str(section.title))}[ .]*\b{start}\b", contents), section.title


def test_escalation_paths_take_one_page_and_are_told_to_who_does_not_see_them(
    sample_pdf: Path, document: Document
) -> None:
    wide = [each for each in pypdf.PdfReader(sample_pdf).pages if each.mediabox.width > each.mediabox.height]
    (page_,) = wide
    text = re.sub(r"\s+", " ", page_.extract_text())
    assert "4 service accounts reach cluster-admin without having it" in text
    assert "Removing ClusterRoleBinding cert-manager" in text
    assert "start a pod (E5) create pods in ci remove RoleBinding ci/runner" in text
    assert document.ways is not None
    alternatives = [each for each in _alternatives(sample_pdf) if each.startswith("Ways of service accounts")]
    assert len(alternatives) == 1


def _alternatives(path: Path) -> list[str]:
    """What stands in for each picture."""
    found = []
    waiting: list[Any] = [pypdf.PdfReader(path).root_object["/StructTreeRoot"]]
    while waiting:
        each = waiting.pop().get_object()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            if each.get("/S") == "/Figure" and "/Alt" in each:
                found.append(str(each["/Alt"]))
            waiting += [each["/K"]] if "/K" in each else []
    return found


def test_only_our_fonts_are_in_it(sample_pdf: Path, hostile_pdf: Path) -> None:
    for path in (sample_pdf, hostile_pdf):
        fonts: list[Any] = [each["/Resources"].get_object() for each in pypdf.PdfReader(path).pages]
        names = {str(font.get_object()["/BaseFont"]) for each in fonts for font in each["/Font"].values()}
        assert names
        assert all("IBM-Plex" in name for name in names), names


def test_nothing_active_is_in_it(hostile_pdf: Path) -> None:
    reader = pypdf.PdfReader(hostile_pdf)
    objects: list[Any] = [reader.get_object(number) for number in range(1, int(str(reader.trailer["/Size"])))]
    keys = {key for each in objects if isinstance(each, dict) for key in each}
    assert {"/Annots", "/EmbeddedFiles"} & keys
    assert not keys & {"/JavaScript", "/JS", "/Launch", "/URI", "/OpenAction", "/AA", "/SubmitForm"}


@pytest.mark.parametrize(
    "changed",
    [{"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo", "LC_ALL": "C"}, {"FONTCONFIG_FILE": "no-fonts.conf"}],
    ids=["another hash seed, time zone and locale", "a machine without fonts"],
)
def test_another_process_draws_the_same_bytes(
    changed: dict[str, str], sample_pdf: Path, tmp_path: Path
) -> None:
    again, kept, no_fonts = tmp_path / "again.pdf", tmp_path / "scan.json", tmp_path / "no-fonts.conf"
    kept.write_bytes(evidence(sample()))
    no_fonts.write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig/>')
    if "FONTCONFIG_FILE" in changed:
        changed = {"FONTCONFIG_FILE": str(no_fonts)}
    program = (
        "import sys, msgspec; from pathlib import Path; from checks.model import Scan\n"
        "from reports.document import build; from reports.render.report import render\n"
        "scan = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=Scan)\n"
        "render(build(scan, run_id='r-20261124-k3f9'), 'pdf', Path(sys.argv[1]))"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(again), str(kept)],
        check=True,
        env=os.environ | changed,
        cwd=Path(__file__).parents[3],
    )
    assert again.read_bytes() == sample_pdf.read_bytes()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (nothing_found, "No check failed among what was evaluated"),
        (nothing_read, "Nothing could be evaluated."),
        (scan, "Nothing could be evaluated."),
    ],
)
def test_a_report_without_findings_is_drawn_too(made: object, said: str, tmp_path: Path) -> None:
    assert callable(made)
    path = tmp_path / "new" / "folder" / "report.pdf"
    render(build(made()), "pdf", path)
    assert said in text_of(path)


def test_ten_thousand_findings_are_drawn_within_the_limits(tmp_path: Path) -> None:
    """Time and memory are limited by the renderer itself: past them it raises."""
    path = tmp_path / "huge.pdf"
    render(build(huge()), "pdf", path)
    reader = pypdf.PdfReader(path)
    assert len(reader.pages) < 80
    assert "10,000 findings" in text_of(path)
    assert len(json.loads(reader.attachments["evidence.json"][0])["results"]) == 10_000


def test_the_drawing_library_has_nothing_to_complain_about(document: Document, tmp_path: Path) -> None:
    html = page(document, Medium.PRINT, style=stylesheet("print"))
    assert draw(job(html, tmp_path / "x.pdf"), shown_as=tmp_path / "x.pdf") == ()


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://127.0.0.1:9/x.png",
        "fonts/../../pyproject.toml",
        "fonts/%2e%2e/%2e%2e/pyproject.toml",
        "ftp://127.0.0.1/x",
    ],
)
def test_nothing_outside_of_the_templates_is_read(address: str, tmp_path: Path) -> None:
    html = f'<html lang="en"><title>x</title><img alt="x" src="{address}"></html>'
    with pytest.raises(DrawingFailed, match="etching"):
        draw(job(html, tmp_path / "x.pdf"), shown_as=tmp_path / "x.pdf")


def test_a_drawing_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TookTooLong, match="more than 1 seconds"):
        render_with(Pdf(seconds=1), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_drawing_that_takes_too_much_memory_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TooMuchMemory, match="more than 128 MiB"):
        render_with(Pdf(memory=128 << 20), tmp_path)
    assert list(tmp_path.iterdir()) == []


def render_with(renderer: Pdf, folder: Path) -> None:
    renderer.render(build(sample()), folder / "report.pdf")


def test_a_missing_library_is_named_with_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As WeasyPrint says it where Pango is not installed: it prints a notice, then fails to be imported."""
    broken = tmp_path / "path" / "weasyprint"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text(
        "print('WeasyPrint could not import some external libraries.')\n"
        "raise OSError(\"cannot load library 'libpango-1.0-0': cannot open shared object file\")\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(broken.parent))
    with pytest.raises(MissingLibrary) as caught:
        render(build(scan(finding(0))), "pdf", tmp_path / "report.pdf")
    assert "libpango-1.0-0" in caught.value.message
    assert "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in caught.value.next_step
    assert not (tmp_path / "report.pdf").exists()


@pytest.mark.parametrize("form", ["pdf", "html", "json"])
def test_a_full_disk_keeps_the_old_report_and_nothing_half(form: str, tmp_path: Path) -> None:
    """The file size limit of a process stands for the full disk: a write fails after the first bytes."""
    path = tmp_path / "report"
    path.write_text("old")
    program = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from reports.document import build; from reports.render.report import render\n"
        "from reports.render.errors import RenderError\n"
        "from tests.harness.report_scans import huge\n"
        "document = build(huge(300))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "try: render(document, sys.argv[2], Path(sys.argv[1]))\n"
        "except RenderError as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", program, str(path), form],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout.startswith(f"CannotWrite {path} cannot be written: File too large. Free some space")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", ["pdf", "html", "json"])
def test_a_place_that_cannot_be_written_to_is_named(form: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CannotWrite, match="cannot be written: ") as caught:
        render(build(scan()), form, tmp_path / "file" / "report")
    assert isinstance(caught.value, RenderError)


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"There is no format 'docx'\. Choose one of: pdf, html, json\."):
        render(build(scan()), "docx", tmp_path / "report")


def test_the_child_gets_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "weasyprint"
    broken.mkdir()
    (broken / "__init__.py").write_text("import os\nraise RuntimeError(sorted(os.environ))")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    with pytest.raises(DrawingFailed) as caught:
        render(build(scan()), "pdf", tmp_path / "report.pdf")
    assert "PYTHONPATH" in caught.value.message
    assert "SLACK" not in caught.value.message
    assert "KUBECONFIG" not in caught.value.message


def test_hostile_strings_are_drawn_as_they_are(hostile_pdf: Path) -> None:
    text = text_of(hostile_pdf).replace(" ", "")
    for shown in ("<script>alert(1)</script>", "\\u{202E}gnp.exe", "\\u{1F4A3}", "{{7*7}}", "a" * 253):
        assert shown in text
    assert not set(text) & set("\u202e\u2066\u200b\u00ad\x00\x07\x1b")
    assert len(build(hostile()).evidence) > 10_000
