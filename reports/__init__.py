"""What is kept and shown about scans."""
