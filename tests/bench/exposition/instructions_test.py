"""Instructions per sample of each stage, counted by callgrind, beside the numbers of record.

    instructions_test.py PROGRAM TABLE [--write]

The same program, input and compiler give the same count on any machine. More than the bound above
the record fails: either it was meant, then --write makes a new record, or something got slower.
Less is told, so that the record follows.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_SIZES = (2_000, 12_000)
_STAGES = ("fill", "text", "openmetrics", "protobuf")
_BOUND = 1.10


def instructions(program, stage, samples):
    with tempfile.TemporaryDirectory() as directory:
        ran = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out", program,
             "--once", stage, str(samples)], check=True, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", ran.stderr).group(1))


def per_sample(program, stage):
    """What a further sample costs; what happens once is left out."""
    few, many = (instructions(program, stage, samples) for samples in _SIZES)
    return (many - few) / (_SIZES[1] - _SIZES[0])


def main():
    program, table = sys.argv[1], Path(sys.argv[2])
    if not shutil.which("valgrind"):
        print("SKIPPED: apt:valgrind is missing")
        return 77
    counted = {stage: per_sample(program, stage) for stage in _STAGES}
    for stage in _STAGES[1:]:  # what was filled before it was written
        counted[stage] -= counted["fill"]
    if "--write" in sys.argv:
        table.write_text("stage\tinstructions per sample\n" + "".join(
            f"{stage}\t{counted[stage]:.0f}\n" for stage in _STAGES))
    record = dict(line.split("\t") for line in table.read_text().splitlines()[1:])
    failed = False
    for stage in _STAGES:
        ratio = counted[stage] / float(record[stage])
        print(f"{stage}: {counted[stage]:.0f} instructions per sample, {record[stage]} on record")
        if ratio > _BOUND:
            print(f"    more than {_BOUND} times the record; if that is meant: --write")
            failed = True
        elif ratio < 1 / _BOUND:
            print("    less: --write makes it the record")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
