"""Encryption at rest: what the API server writes into etcd, and how."""
