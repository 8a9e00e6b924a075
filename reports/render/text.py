r"""Strings from a cluster, made safe to show: what is on the page is what is in the string.

A character outside of the report's typeface is written as `\u{202E}`: direction overrides, control
characters, invisible ones, look-alikes of other scripts, emoji. So nothing can hide, reorder or imitate
text, the page looks the same on every machine, and no glyph is missing (PDF/A forbids that). The evidence
has the exact strings.
"""

from __future__ import annotations

import re

# Printable ASCII, letters of Latin-1 and Latin Extended-A, punctuation of written English: all in every font
# of templates/fonts (a test compares). Soft hyphen and no-break space look like something else: not here.
_UNSHOWN = re.compile(r"[^\x20-\x7e\xa1-\xac\xae-\u017e\u2018\u2019\u201c\u201d\u2013\u2014\u2026]")


def visible(text: str) -> str:
    """The text with every character that is not plainly visible written out."""
    return _UNSHOWN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match.group()):X}}}"
