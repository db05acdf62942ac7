#!/usr/bin/env python3
"""tidy.py --build DIR --seconds N -- FILE...: clang-tidy on files, within a time.

Only files that the build directory's compile_commands.json knows are looked at. Several run at once;
what the time did not suffice for is said. Exit code: 0 nothing found, 1 findings.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import time
from pathlib import Path

FILE_SECONDS_MAX = 240


def known_files(build):
    commands = json.loads((Path(build) / "compile_commands.json").read_text())
    return {os.path.realpath(os.path.join(c["directory"], c["file"])) for c in commands}


def tidy(build, file, deadline):
    """(file, 'ok' | 'found' | 'late', output)"""
    left = min(deadline - time.monotonic(), FILE_SECONDS_MAX)
    if left <= 1:
        return file, "late", ""
    try:
        # The build directory is g++'s, some of whose warnings clang does not know.
        done = subprocess.run(["clang-tidy-14", "--quiet", "-p", build,
                               "--extra-arg=-Wno-unknown-warning-option", file],
                              text=True, timeout=left, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return file, "late", ""
    return file, "found" if done.returncode else "ok", done.stdout


def main():
    parser = argparse.ArgumentParser(description="clang-tidy on files, within a time.")
    parser.add_argument("--build", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    known = known_files(arguments.build)
    files = [f for f in arguments.files if os.path.realpath(f) in known]
    deadline = time.monotonic() + arguments.seconds
    results = {"ok": [], "found": [], "late": []}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, result, output in pool.map(lambda f: tidy(arguments.build, f, deadline), files):
            results[result].append(file)
            if result == "found":
                print(output)
    print(f"    clang-tidy: {len(results['ok'])} files fine, {len(results['found'])} with findings")
    if results["late"]:
        print(f"    no time was left for {len(results['late'])}: {' '.join(results['late'])}")
    return 1 if results["found"] else 0


if __name__ == "__main__":
    sys.exit(main())
