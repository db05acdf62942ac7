#!/usr/bin/env python3
"""Runs the faults of faults.py and prints what was seen of each as a Markdown table.

  tests/faults/table.py                       all, some minutes
  tests/faults/table.py --peers               also of the exporters that Debian ships
  tests/faults/table.py --only frozen locked  these
  tests/faults/table.py --build DIR           of this build; otherwise build/release
"""
import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "support")]

from faults import BOTH, FAULTS  # noqa: E402
from rig import MOMENTS  # noqa: E402

_COLUMNS = ["answered in", "others", "connections", "statements", "scrapes until back"]


def seen(arguments, database, name, peer):
    """{moment: row}, or a sentence why there is none."""
    argv = [sys.executable, "-B", _HERE / "each_fault.py", "--rows", database, name]
    env = {**os.environ, "PYTHONPATH": str(_HERE.parent / "support"), "PILLION_TEST_SANITIZE": "",
           "PILLION_TEST_BINARY": str(arguments.build / "bin/pillion")}
    done = subprocess.run([*argv, *(["--peer"] if peer else [])], env=env, capture_output=True,
                          text=True, check=False)
    print(f"{database} {name}{' of the peer' if peer else ''}: {done.returncode}", file=sys.stderr)
    if done.returncode == 77:
        return "not run: " + done.stderr.partition("SKIPPED: ")[2].strip()
    if done.returncode != 0:
        return "**" + (done.stderr.strip().splitlines() or ["failed"])[-1][:80] + "**"
    return {row["when"]: row for row in json.loads(done.stdout)}


def answered(row):
    """The slowest answer, and what it and the others showed."""
    slowest = max(answer["seconds"] for answer in row["answers"])
    states = list(dict.fromkeys(answer["state"] for answer in row["answers"]))
    return f"{slowest:.2f} s: {', then '.join(states)}"


def cells(rows, when, peer):
    if rows is None:
        return ["-"] * (len(_COLUMNS) - peer)
    if isinstance(rows, str):
        return [rows, *[""] * (len(_COLUMNS) - 1 - peer)]
    row = rows[when]
    others = "complete" if all(answer["others"] for answer in row["answers"]) else "**not complete**"
    back = f"{row['back']} ({row['back_seconds']:.1f} s)" if row["back"] else "never"
    return [answered(row), *([] if peer else [others]), str(row["connections"]),
            str(row["statements"]), back]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", nargs="+", choices=FAULTS, default=list(FAULTS), metavar="FAULT")
    parser.add_argument("--build", type=Path, default=_HERE.parent.parent / "build/release")
    arguments = parser.parse_args()
    with ThreadPoolExecutor(2) as pool:
        futures = {}
        for database in BOTH:
            for name in arguments.only:
                if database not in FAULTS[name].databases:
                    continue
                for peer in (False, True) if arguments.peers else (False,):
                    skip = peer and not FAULTS[name].peers
                    futures[database, name, peer] = None if skip else pool.submit(
                        seen, arguments, database, name, peer)
        found = {key: future and future.result() for key, future in futures.items()}
    for database in BOTH:
        columns = ["fault", "when", *_COLUMNS]
        if arguments.peers:
            columns += [f"{database}_exporter: {c}" for c in _COLUMNS if c != "others"]
        print(f"\n### {database}\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
        for name in arguments.only:
            if (database, name, False) not in found:
                continue
            for when in MOMENTS:
                row = [FAULTS[name].title, when, *cells(found[database, name, False], when, False)]
                if arguments.peers:
                    row += cells(found[database, name, True], when, True)
                print(f"| {' | '.join(row)} |")
    return 1 if any(isinstance(rows, str) and rows.startswith("**") for rows in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
