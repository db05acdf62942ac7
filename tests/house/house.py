#!/usr/bin/env python3
"""house.py [--rule NAME] [--list] [ROOT]: checks the rules of the house (rules.py) on a tree.

What tests/house/exceptions.txt allows is let through, as long as it is needed: an exception that no
longer is, or whose limit could be lower, is an error too, so the list only shrinks. Exit code: 0 all
is well, 1 findings, 2 wrong use.
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from rules import RULES  # noqa: E402
from tree import Tree  # noqa: E402

EXCEPTIONS = "tests/house/exceptions.txt"


def read_exceptions(tree):
    """{(rule, path): (limit or None, line)}"""
    allowed = {}
    if not (tree.root / EXCEPTIONS).is_file():
        return allowed
    for number, line in enumerate(tree.text(EXCEPTIONS).splitlines(), 1):
        fields = line.split("#")[0].split()
        if not fields:
            continue
        if len(fields) not in (2, 3) or fields[0] not in RULES or "#" not in line:
            sys.exit(f"{EXCEPTIONS}:{number}: wants: RULE PATH [LIMIT]  # reason")
        allowed[fields[0], fields[1]] = (int(fields[2]) if len(fields) == 3 else None, number)
    return allowed


def check(tree, name, allowed):
    """What is wrong by one rule, as lines of text."""
    wrong, largest = [], {}
    for finding in RULES[name](tree):
        limit, _ = allowed.get((name, finding.path), (0, 0))
        largest[finding.path] = max(largest.get(finding.path, 0), finding.size)
        if (name, finding.path) in allowed and (limit is None or finding.size <= limit):
            continue
        place = finding.path + (f":{finding.line}" if finding.line else "")
        wrong.append(f"{place}: {finding.text}")
    for (rule_name, path), (limit, line) in allowed.items():
        if rule_name != name:
            continue
        if path not in largest:
            wrong.append(f"{EXCEPTIONS}:{line}: {path} needs no exception any more: take it out")
        elif limit is not None and largest[path] < limit:
            wrong.append(f"{EXCEPTIONS}:{line}: {path}: the limit can be {largest[path]} now")
    return wrong


def main():
    parser = argparse.ArgumentParser(description="Checks the rules of the house.")
    parser.add_argument("--rule", choices=sorted(RULES), help="only this one")
    parser.add_argument("--list", action="store_true", help="name the rules")
    parser.add_argument("root", nargs="?", default=Path(__file__).resolve().parents[2])
    arguments = parser.parse_args()
    if arguments.list:
        for name, function in RULES.items():
            print(f"{name}: {function.__doc__.splitlines()[0]}")
        return 0
    tree = Tree(arguments.root)
    allowed = read_exceptions(tree)
    bad = 0
    for name in [arguments.rule] if arguments.rule else RULES:
        wrong = check(tree, name, allowed)
        bad += len(wrong)
        if wrong:
            print(f"{name}: {RULES[name].__doc__.splitlines()[0]}")
        for line in wrong:
            print(f"  {line}")
    print(f"{len(tree.paths)} files, {bad} findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
