"""Pictures of who becomes whom: boxes in columns, joined by lines. Pure: it knows names, not clusters."""

from reports.drawing.model import Act, Deed, Drawing
from reports.drawing.ways import drawn

__all__ = ["Act", "Deed", "Drawing", "drawn"]
