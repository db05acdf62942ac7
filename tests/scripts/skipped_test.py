"""skipped.py finds tests that did not run and knows which of them are failures."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "lib" / "skipped.py"


def case(name, status="run", output="", skipped=None):
    marker = f'<skipped message="{skipped}"/>' if skipped else ""
    return (f'<testcase name="{name}" classname="{name}" time="0" status="{status}">{marker}'
            f"<system-out>{output}</system-out></testcase>")


class Skipped(unittest.TestCase):
    def report(self, *cases, ci="false"):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write('<?xml version="1.0"?><testsuite name="x">' + "".join(cases) + "</testsuite>")
            file.flush()
            done = subprocess.run([sys.executable, "-B", SCRIPT, file.name], text=True, timeout=60,
                                  capture_output=True, env={**os.environ, "CI": ci}, check=False)
        return done.returncode, done.stdout

    def test_says_nothing_when_all_ran(self):
        self.assertEqual((0, ""), self.report(case("a"), case("b", output="fine")))

    def test_names_the_test_and_its_reason(self):
        code, output = self.report(
            case("a/script", "notrun", "SKIPPED: no overlay file system", "SKIP_RETURN_CODE=77"),
            case("b/doctest", output="x.cpp:3: MESSAGE: SKIPPED: no IPv6 here"))
        self.assertEqual(0, code)
        self.assertIn("2 tests did not run", output)
        self.assertIn("a/script: no overlay file system", output)
        self.assertIn("b/doctest: no IPv6 here", output)

    def test_a_missing_package_is_a_failure_in_ci_only(self):
        skipped = case("a", "notrun", "SKIPPED: apt:podman is missing", "SKIP_RETURN_CODE=77")
        self.assertEqual(0, self.report(skipped)[0])
        self.assertEqual(1, self.report(skipped, ci="true")[0])
        other = case("a", "notrun", "SKIPPED: no overlay", "SKIP_RETURN_CODE=77")
        self.assertEqual(0, self.report(other, ci="true")[0])

    def test_a_test_that_could_not_be_started_is_a_failure(self):
        code, output = self.report(case("a_NOT_BUILT", "notrun", "", "Unable to find executable: a"))
        self.assertEqual(1, code)
        self.assertIn("a_NOT_BUILT", output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
