"""Jinja templates, print style sheet and fonts; a package so that every installation form finds them."""
