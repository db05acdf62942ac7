#!/usr/bin/env python3
"""skipped.py JUNIT: names the tests that did not run, from CTest's JUnit file.

A test that cannot run on this machine prints a line `SKIPPED: [apt:PACKAGE|npm:PACKAGE] reason` and
ends with code 77 (a script) or passes (a doctest case). With CI=true in the environment, those that
name a package of apt or npm are failures: there, the package belongs on the machine. Exit code: 0, or
1 for such a failure or a test that CTest could not start.
"""
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

SKIPPED = re.compile(r"^.{0,200}?\bSKIPPED: *(.*)$", re.MULTILINE)


def skipped_tests(junit_file):
    """[(name, reason, was it meant to be skipped)]"""
    found = []
    for case in ElementTree.parse(junit_file).getroot().iter("testcase"):
        name = case.get("name", "?")
        marker = case.find("skipped")
        said = SKIPPED.search(case.findtext("system-out") or "")
        if said:
            found.append((name, said.group(1).strip() or "gives no reason", True))
        elif marker is not None:
            message = marker.get("message") or "gives no reason"
            found.append((name, message, "SKIP" in message))
        elif case.get("status") in ("notrun", "disabled"):
            found.append((name, case.get("status"), case.get("status") == "disabled"))
    return found


def main():
    found = skipped_tests(sys.argv[1])
    if not found:
        return 0
    strict = os.environ.get("CI") == "true"
    print(f"\n!!! {len(found)} tests did not run here:")
    bad = 0
    for name, reason, meant in sorted(found):
        fails = not meant or (strict and re.search(r"\b(apt|npm):\S", reason))
        bad += bool(fails)
        print(f"!!!   {name}: {reason}{'   <-- a failure' if fails else ''}")
    if bad:
        print(f"!!! {bad} of them count as failures", end="")
        print(" (CI=true: apt or npm could have given what they need)" if strict else "")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
