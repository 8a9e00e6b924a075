"""Quarterdeck's outer rooms: who asks, when, and where the answer goes."""

__version__ = "0.1.0"
