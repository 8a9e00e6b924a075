"""Policies in CEL, own ones and a cluster's, run as checks against the objects that exist."""
