"""What a process has used, to the nanosecond, from /proc."""
import contextlib
import os
from pathlib import Path


def cpu_seconds(pid):
    """User and system time of all its threads, those that ended left out."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:  # the thread ended meanwhile
            continue
    return total / 1e9


def family_cpu_seconds(process):
    """Of a server, its children that have ended (to 10 ms) and those that live."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    seconds = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    for pid in [process.pid, *process.children()]:
        with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
            seconds += cpu_seconds(pid)
    return seconds


def peak_kb(pid):
    """The most that was resident so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError(f"no peak of {pid}")


def memory_kb(pid):
    """{"rss", "pss", "private"} in kB."""
    sums = {"Rss": 0, "Pss": 0, "Private_Clean": 0, "Private_Dirty": 0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        if name in sums:
            sums[name] += int(rest.split()[0])
    return {"rss": sums["Rss"], "pss": sums["Pss"],
            "private": sums["Private_Clean"] + sums["Private_Dirty"]}


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
