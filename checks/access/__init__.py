"""Who can do what, exactly as the API server's RBAC authorizer decides it."""
