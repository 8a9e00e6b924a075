"""What can be said, one file a theme: words, how they are written, and the sentences that mean the same."""
