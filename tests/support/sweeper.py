"""sweeper.py DIR: waits until its input ends, then kills what lives in DIR and removes DIR.

A test holds the other end of the pipe. So its servers go however it ends: with success, by an
assertion, by Ctrl-C or by SIGKILL. Everything that a test starts has its working directory in DIR,
which is how its processes are known; no other process is ever touched.
"""
import os
import shutil
import signal
import sys
import time

SWEEP_SECONDS_MAX = 10


def processes_in(directory):
    """pids of those whose working directory is in `directory`."""
    inside = directory.rstrip("/") + "/"
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            place = os.readlink(f"/proc/{name}/cwd").removesuffix(" (deleted)")
        except OSError:
            continue  # gone, a kernel thread, or somebody else's
        if (place + "/").startswith(inside):
            found.append(int(name))
    return found


def sweep(directory):
    deadline = time.monotonic() + SWEEP_SECONDS_MAX
    while time.monotonic() < deadline:
        pids = processes_in(directory)
        if not pids:
            break
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)  # also ends those that are stopped
            except OSError:
                pass
        time.sleep(0.01)
    shutil.rmtree(directory, ignore_errors=True)


def main():
    directory = os.path.realpath(sys.argv[1])
    os.setsid()
    if os.fork() > 0:  # whoever kills the test and its children must not find this one
        os._exit(0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 4096):
        pass
    sweep(directory)


if __name__ == "__main__":
    main()
