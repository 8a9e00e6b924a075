"""Rights beside what audit logs say was used of them, and what would have been enough."""
