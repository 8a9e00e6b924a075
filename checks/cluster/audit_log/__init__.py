"""Audit logs of the API server, read once and kept as what they say was used."""
