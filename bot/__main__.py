"""`quarterdeck`: the entry point."""

from __future__ import annotations

import errno
import os
import sys

from bot.cli.app import app
from bot.cli.exits import Exit, errors


def main() -> None:
    """Run the command line. Standard output that is full gets one message, whatever was being printed."""
    try:
        app()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        errors.print(f"Error: standard output cannot be written: {error.strerror}.\nFree some space.")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.USAGE)


if __name__ == "__main__":
    main()
