"""The only room that talks to Kubernetes: everything leaves it as a frozen Snapshot."""
