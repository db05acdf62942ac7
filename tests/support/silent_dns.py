"""silent_dns.py COMMAND...: runs the command where the only name server never answers.

For `unshare --net --mount`: in a network of its own that has nothing but loopback, so that no query
leaves the machine.
"""
import ctypes
import fcntl
import os
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
MS_BIND = 4096


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(s, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def main():
    loopback_up()
    with open("resolv.conf", "w", encoding="ascii") as file:
        file.write("nameserver 127.0.0.1\n")
    libc = ctypes.CDLL(None, use_errno=True)
    target = os.path.realpath("/etc/resolv.conf").encode()
    if libc.mount(os.path.abspath("resolv.conf").encode(), target, None, MS_BIND, None) != 0:
        raise OSError(ctypes.get_errno(), "mount over resolv.conf")
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    server.set_inheritable(True)  # held open by the command, and never read
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
