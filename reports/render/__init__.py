"""What leaves the house as a file: `report` for documents, `scan_formats` for scans."""
