"""Service meshes: whether mutual TLS is required between pods, only offered, or not there."""
