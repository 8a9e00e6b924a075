"""Pictures: who becomes whom, as boxes joined by lines; how a score moved. Pure: names and numbers alone."""

from reports.drawing.model import Act, Deed, Drawing
from reports.drawing.trend import Point, Trend, trend
from reports.drawing.ways import drawn

__all__ = ["Act", "Deed", "Drawing", "Point", "Trend", "drawn", "trend"]
