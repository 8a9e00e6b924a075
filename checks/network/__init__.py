"""NetworkPolicy semantics: which pods are isolated, by which policy, in which direction."""
