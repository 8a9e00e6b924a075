"""How far an identity gets: what its rights let it become, step by step, up to cluster-admin."""
