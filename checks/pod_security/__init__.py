"""The Pod Security Standards as the API server's own admission plugin decides them."""
