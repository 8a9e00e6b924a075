"""The audit policy: which requests the API server records, and how much of each."""
