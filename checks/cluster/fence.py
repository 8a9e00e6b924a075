"""Runs one program without a network, in place of this process: `python -I -S fence.py PROGRAM ARGUMENT…`.

A proxy that leads nowhere is not enough: Go's HTTP client asks no proxy for the machine's own addresses, so a
folder could make Kustomize read from whatever listens there. On Linux the kernel refuses this program, and
all that it starts, every new socket (seccomp), for which nobody needs a right.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

_SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""By machine: the kernel's name of it (AUDIT_ARCH), and the number of the call that makes a socket."""
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_MACHINE, _CALL = 4, 0  # offsets in seccomp_data
_OTHER_CALLS = 0x40000000  # x32: the same machine, with other numbers
_REFUSE, _ALLOW = 0x00050000 | errno.EACCES, 0x7FFF0000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def close() -> None:
    """Let the kernel refuse every new socket from now on; not on other systems and machines than named above.

    Raises OSError where Linux has no seccomp.
    """
    known = _SOCKET.get(platform.machine()) if sys.platform == "linux" else None
    if known is None:
        return
    machine, socket = known
    steps = (
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 0, 3, machine),
        (_LOAD, 0, 0, _CALL),
        (_AT_LEAST, 1, 0, _OTHER_CALLS),
        (_EQUAL, 0, 1, socket),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    )
    program = _Program(len(steps), b"".join(struct.pack("HBBI", *step) for step in steps))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or prctl(_SECCOMP, _FILTER, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), "the network cannot be shut off (seccomp)")


if __name__ == "__main__":
    close()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - no shell is what is wanted
