"""A network and mounts of the test's own: what is done to them is gone with its processes."""
import ctypes
import os
import shutil
import unittest

from silent_dns import loopback_up

_NEWNS, _NEWNET = 0x00020000, 0x40000000
_BIND, _REC, _PRIVATE = 0x1000, 0x4000, 1 << 18
_libc = ctypes.CDLL(None, use_errno=True)


def _check(what, result):
    if result != 0:
        error = os.strerror(ctypes.get_errno())
        raise unittest.SkipTest(f"{what} is not possible here: {error} (as root it often is)")


def enter():
    """For the calling thread and what it starts: call it before anything else."""
    _check("a network and mounts of its own", _libc.unshare(_NEWNS | _NEWNET))
    _check("a private mount", _libc.mount(None, b"/", None, _REC | _PRIVATE, None))
    loopback_up()


def bind(source, target):
    """`target` shows what is in the file `source`."""
    _check(f"a mount over {target}", _libc.mount(
        os.fsencode(source), os.fsencode(os.path.realpath(target)), None, _BIND, None))


def tiny_disk(directory, size, owner=None):
    """`directory` becomes a file system of so many bytes."""
    options = f"size={size},mode=0700" + (f",uid={owner.pw_uid},gid={owner.pw_gid}" if owner else "")
    _check("a small file system", _libc.mount(
        b"tmpfs", os.fsencode(directory), b"tmpfs", 0, options.encode()))


def fill_disk(directory):
    """Writes until there is no space left; the file to remove."""
    path = os.path.join(directory, "filler")
    with open(path, "wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 65536):
                pass
        except OSError:
            pass
    assert shutil.disk_usage(directory).free < 4096, "there is space left"
    return path
