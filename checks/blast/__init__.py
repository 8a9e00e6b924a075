"""How far somebody gets who is inside a pod: rights, node, secrets and network, in one answer."""
