"""Base of the tests that start servers, and their main: code 77 if they cannot run here."""
import sys
import unittest

from sandbox import Sandbox


class ServerTest(unittest.TestCase):
    maxDiff = None
    longMessage = True

    def setUp(self):
        self.sandbox = Sandbox()
        self.addCleanup(self.sandbox.close)
        self.addCleanup(self._check_pages)  # runs before the sandbox goes

    def _check_pages(self):
        """Debug builds look at each page that they serve."""
        for process in self.sandbox.processes:
            bad = [line for line in process.log_text().splitlines() if "invalid exposition" in line]
            self.assertEqual(bad, [], f"{process.name} served a page that is not valid")


class _Result(unittest.TextTestResult):
    """Shows the servers' logs beside a failure, before the sandbox goes."""

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._show_logs(test)

    def addError(self, test, err):
        super().addError(test, err)
        self._show_logs(test)

    def _show_logs(self, test):
        for process in getattr(getattr(test, "sandbox", None), "processes", ()):
            tail = process.log_tail()
            if tail:
                self.stream.writeln(f"---- the end of {process.log.name}:\n{tail}")


def main():
    """Like unittest.main()."""
    runner = unittest.TextTestRunner(verbosity=2, resultclass=_Result)
    result = unittest.main(module="__main__", exit=False, testRunner=runner).result
    if result.testsRun == 0:
        print("no test of this name")
        sys.exit(1)
    if not result.wasSuccessful():
        sys.exit(1)
    if result.skipped and len(result.skipped) == result.testsRun:
        for _, reason in result.skipped:
            print(f"\nSKIPPED: {reason}", flush=True)
        sys.exit(77)
