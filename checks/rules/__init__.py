"""One module a theme; each check is a pure function beside its metadata."""
