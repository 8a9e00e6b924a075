"""Certificates for loopback that are their own authorities."""

import subprocess
from pathlib import Path


def write_certificate(name: str, certificate: Path, key: Path) -> None:
    """Write a certificate for 127.0.0.1 in this name, and its key, both PEM."""
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}"]
    where = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    command = ["openssl", "req", "-x509", "-days", "9", *kind, *where]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"openssl is needed (Debian: apt install openssl): {done.stderr}"
