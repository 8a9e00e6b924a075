"""The process that draws one thing and ends: `python -m reports.render.child`, a Job on standard input.

A PDF is WeasyPrint's `pdf/a-3a`, with the PDF/UA identifier added to the metadata and the extension schema
that lets a PDF/A name it; dates and the file identifier come from the job, so the bytes are reproducible.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
import tempfile
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from checks.leash import end_with_the_parent
from reports.render.job import Job, Outcome, PdfJob, PngJob, Said
from reports.render.page import folder

if TYPE_CHECKING:
    import weasyprint

_PDF_UA = b"""\
<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1" />\
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"\
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"\
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property>\
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""

_FONTS = ("IBMPlexSans-Regular", "IBMPlexSans-SemiBold")


def main() -> None:
    """Read the job, draw it, say how it went."""
    end_with_the_parent()
    said = os.dup(1)
    os.dup2(2, 1)  # libraries may print; the answer stays alone on its line
    job: PdfJob | PngJob = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    os.write(said, msgspec.json.encode(_attempt(job)))


def _attempt(job: Job) -> Said:
    try:
        _limit(resource.RLIMIT_AS, job.memory)
        _limit(resource.RLIMIT_CPU, job.seconds)
        return Said(Outcome.DONE, warnings=draw_pdf(job) if isinstance(job, PdfJob) else draw_png(job))
    except ImportError as error:
        return Said(Outcome.FAILED, str(error))
    except MemoryError:
        return Said(Outcome.TOO_MUCH_MEMORY)
    except OSError as error:
        if "cannot load library" in str(error):
            return Said(Outcome.MISSING_LIBRARY, str(error).partition("'")[2].partition("'")[0])
        return Said(Outcome.CANNOT_WRITE, error.strerror or str(error), error.errno or 0)
    except Exception as error:  # noqa: BLE001
        return Said(Outcome.FAILED, f"{type(error).__name__}: {error}")


def _limit(what: int, most: int) -> None:
    """Lower a limit. One that is lower already stays; macOS has none on memory."""
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most))


def draw_png(job: PngJob) -> tuple[str, ...]:
    """Draw the picture, with the report's own fonts before any others. Raises whatever the library raises."""
    import resvg_py  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="quarterdeck-") as place:
        data = resvg_py.svg_to_bytes(
            svg_string=job.svg,
            zoom=job.zoom,
            font_files=[str(_unpacked(name, Path(place))) for name in _FONTS],
            font_family="IBM Plex Sans",
            sans_serif_family="IBM Plex Sans",
        )
    Path(job.output).write_bytes(data)
    return ()


def _unpacked(name: str, place: Path) -> Path:
    """A font of the report as it is drawn with: not packed for the web."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415

    font = TTFont(folder() / "fonts" / f"{name}.woff2")
    font.flavor = None
    font.save(place / f"{name}.ttf")
    return place / f"{name}.ttf"


def draw_pdf(job: PdfJob) -> tuple[str, ...]:
    """Draw the PDF; what the drawing library had to complain about. Raises whatever it raises."""
    os.environ["SOURCE_DATE_EPOCH"] = str(int(job.moment.timestamp()))
    import weasyprint  # noqa: PLC0415
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415

    warnings = _Warnings()
    weasyprint.LOGGER.addHandler(warnings)
    templates = folder()
    fetcher = _fetcher(templates)
    html = weasyprint.HTML(string=job.html, base_url=f"{templates.as_uri()}/", url_fetcher=fetcher)
    document = html.render(font_config=FontConfiguration())
    _claim_pdf_ua(document.metadata)
    moment = job.moment.astimezone(UTC)
    document.write_pdf(
        job.output,
        pdf_variant="pdf/a-3a",
        pdf_tags=True,
        pdf_identifier=bytes.fromhex(job.sha256)[:16],
        attachments=[
            weasyprint.Attachment(
                string=job.evidence,
                name="evidence.json",
                description="The whole scan as canonical JSON; its SHA-256 is on the cover.",
                relationship="Data",
                created=moment,
                modified=moment,
            )
        ],
    )
    return tuple(warnings.said)


def _fetcher(place: Path) -> Any:
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    inside = f"{place.as_uri()}/"

    class Fetcher(URLFetcher):  # type: ignore[misc]
        """Gives data: addresses and files of the templates folder; refuses everything else."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if not url.startswith(("data:", inside)) or ".." in url or "%" in url.removeprefix(inside):
                raise ValueError(f"refused: {url}")
            return super().fetch(url, headers)

    return Fetcher(allowed_protocols=("data", "file"), allow_redirects=False, fail_on_errors=True)


def _claim_pdf_ua(metadata: weasyprint.DocumentMetadata) -> None:
    original = metadata.generate_rdf_metadata

    def with_pdf_ua(*arguments: Any) -> bytes:
        data: bytes = original(*arguments)
        return data.replace(b"</rdf:RDF>", _PDF_UA)

    metadata.generate_rdf_metadata = with_pdf_ua


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


if __name__ == "__main__":
    main()
