"""packages.sh finds what is missing, and never calls apt when it was told not to."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent


def run_bash(text, **environment):
    script = f'set -euo pipefail; . "{TESTS}/lib/say.sh"; . "{TESTS}/lib/packages.sh"; {text}'
    return subprocess.run(["bash", "-c", script], env={**os.environ, **environment}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, check=False)


class Packages(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="pillion-scripts-")
        self.addCleanup(self.dir.cleanup)
        self.list = Path(self.dir.name) / "packages.txt"

    def missing(self, text, groups):
        self.list.write_text(text)
        done = run_bash(f"missing_packages {groups}", PILLION_PACKAGES=str(self.list))
        self.assertEqual(0, done.returncode, done.stdout)
        return done.stdout.split()

    def test_names_what_is_missing_once_and_only_of_the_groups(self):
        text = ("# a comment\n"
                "build  pillion-none-one  -  why\n"
                "test   pillion-none-one  -  why\n"
                "test   pillion-none-two  -  why\n"
                "lint   pillion-none-three  -  why\n")
        self.assertEqual(["pillion-none-one", "pillion-none-two"], self.missing(text, "build test"))

    def test_a_command_that_is_there_stands_for_its_package(self):
        self.assertEqual([], self.missing("build pillion-none bash why\n", "build"))
        self.assertEqual(["pillion-none"], self.missing("build pillion-none nosuchcmd why\n", "build"))

    def test_an_installed_package_is_not_missing(self):
        self.assertEqual([], self.missing("build dpkg - why\n", "build"))

    def test_no_install_says_the_command_and_fails(self):
        self.list.write_text("build pillion-none - why\n")
        done = run_bash("ensure_packages build", PILLION_PACKAGES=str(self.list), PILLION_NO_INSTALL="1")
        self.assertEqual(1, done.returncode)
        self.assertIn("apt-get install --no-install-recommends pillion-none", done.stdout)

    def test_the_real_list_is_well_formed(self):
        groups = {"build", "servers", "test", "bench", "lint", "clang", "image"}
        seen = set()
        for line in (TESTS / "packages.txt").read_text().splitlines():
            fields = line.split("#")[0].split()
            if fields:
                self.assertGreaterEqual(len(fields), 4, f"group package command why: {line}")
                self.assertIn(fields[0], groups, line)
                self.assertNotIn(tuple(fields[:2]), seen, f"twice: {line}")
                seen.add(tuple(fields[:2]))
        self.assertEqual(groups, {group for group, _ in seen})


if __name__ == "__main__":
    unittest.main(verbosity=2)
