"""An exporter's README shows its options, collectors and metrics as `pillion describe` does.

    readme_tables.py PILLION TYPE README.md            fails if they differ
    readme_tables.py PILLION TYPE README.md --write    puts the tables in
"""
import re
import subprocess
import sys
from pathlib import Path

_PARTS = ("options", "collectors", "metrics")


def part(text, name):
    match = re.search(rf"<!-- {name} -->\n.*?<!-- /{name} -->", text, re.DOTALL)
    return match.group(0) if match else None


def main():
    pillion, exporter, readme = sys.argv[1:4]
    described = subprocess.run([pillion, "describe", exporter, "--markdown"], check=True,
                               capture_output=True, text=True, timeout=60).stdout
    text = Path(readme).read_text()
    wrong = []
    for name in _PARTS:
        wanted, found = part(described, name), part(text, name)
        if found is None:
            if name != "collectors":  # a README may tell of them in its own words
                wrong.append(f"{readme}: there is no <!-- {name} --> ... <!-- /{name} -->")
        elif found != wanted:
            wrong.append(f"{readme}: the table of {name} is not what `pillion describe` says")
            text = text.replace(found, wanted)
    if "--write" in sys.argv[4:]:
        Path(readme).write_text(text)
        return 0
    for line in wrong:
        print(line)
    if wrong:
        print(f"mend it with: {sys.argv[0]} {pillion} {exporter} {readme} --write")
    return 1 if wrong else 0


sys.exit(main())
