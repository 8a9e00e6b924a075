"""What a report says, before any format draws it: plain frozen data made from one scan.

`build` decides what is said and counts it once, so that the PDF, the web page and the JSON cannot disagree.
`evidence` is the scan in its canonical bytes; their SHA-256 ties every printed page to the file.
"""

from reports.document.build import build
from reports.document.evidence import digest, evidence, evidence_chunks
from reports.document.model import Document

__all__ = ["Document", "build", "digest", "evidence", "evidence_chunks"]
