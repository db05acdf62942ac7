"""apt_install.sh leaves the machine as it was, whatever happens while apt works.

It runs in a temporary root (PILLION_INSTALL_ROOT) with stand-ins for apt-get and the tools that enable
services. The stand-in for apt-get notes what it saw and does what APT_DOES says.
"""
import os
import signal
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "lib" / "apt_install.sh"
HANG_SECONDS = 60

APT = r"""#!/bin/bash
root=$PILLION_INSTALL_ROOT
case " $* " in
  *" update "*) echo update >>"$root/calls"; exit 0 ;;
  *" --assume-no "*)
    [ "$APT_DOES" = unknown ] && { echo 'E: Unable to locate package nosuch'; exit 100; }
    printf 'The following NEW packages will be installed:\n  libone one\nNeed to get 5 MB.\n'
    exit 1 ;;
esac
cat "$root/usr/sbin/policy-rc.d" >"$root/policy-seen"
stat -c %a "$root/usr/sbin/policy-rc.d" >"$root/policy-mode-seen"
cat "$root/etc/postgresql-common/createcluster.d/"*.conf >"$root/cluster-seen"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$root"/etc/rc{2,3}.d
ln -sf /lib/systemd/system/one.service "$root/etc/systemd/system/multi-user.target.wants/one.service"
ln -sf /lib/systemd/system/one.timer "$root/etc/systemd/system/multi-user.target.wants/one.timer"
ln -sf ../init.d/one "$root/etc/rc2.d/S01one"
ln -sf ../init.d/one "$root/etc/rc3.d/S01one"
case $APT_DOES in
  fail) echo 'E: no space left'; exit 100 ;;
  # No program writes the mark: bash forgets a SIGINT that comes while a child ends well.
  hang) : >"$root/hangs"; exec sleep 1000 ;;
esac
echo 'Setting up one'
"""
# Like Debian's: turns the S links into K links and disables the unit of that name.
UPDATE_RC = r"""#!/bin/bash
cd "$PILLION_INSTALL_ROOT/etc"
for link in rc?.d/S01"$1"; do mv "$link" "${link/S01/K01}"; done
rm -f systemd/system/*.wants/"$1.service"
"""
NOTHING = "#!/bin/bash\nexit 0\n"


class AptInstall(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="pillion-scripts-")
        self.addCleanup(self.dir.cleanup)
        self.root = Path(self.dir.name) / "root"
        tools = Path(self.dir.name) / "tools"
        tools.mkdir()
        (self.root / "usr/sbin").mkdir(parents=True)
        for name, text in {"apt-get": APT, "update-rc.d": UPDATE_RC, "deb-systemd-helper": NOTHING,
                           "dpkg-query": NOTHING}.items():
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        self.policy = self.root / "usr/sbin/policy-rc.d"
        self.environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}",
                            "PILLION_INSTALL_ROOT": str(self.root)}

    def start(self, does="install"):
        return subprocess.Popen(
            ["bash", SCRIPT, "one"], env={**self.environment, "APT_DOES": does},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)  # a process group of its own, as a terminal's job has

    def run_script(self, does="install"):
        process = self.start(does)
        output, _ = process.communicate(timeout=HANG_SECONDS)
        return process.returncode, output

    def start_and_wait_for_apt(self):
        process = self.start("hang")
        deadline = time.monotonic() + HANG_SECONDS
        while not (self.root / "hangs").exists():
            if process.poll() is not None:
                self.fail("it ended before it called apt:\n" + process.communicate()[0])
            self.assertLess(time.monotonic(), deadline, "the stand-in for apt was never called")
            time.sleep(0.01)
        return process

    def leave_a_policy(self):
        self.policy.write_bytes(b"#!/bin/sh\n# theirs \xff\nexit 0")
        self.policy.chmod(0o640)
        os.utime(self.policy, (1_000_000, 1_000_000))
        return self.state()

    def state(self):
        status = self.policy.stat()
        return (self.policy.read_bytes(), stat.S_IMODE(status.st_mode), status.st_mtime, status.st_ino,
                status.st_uid)

    def assert_no_traces(self, policy=None):
        if policy is None:
            self.assertFalse(self.policy.exists())
        else:
            self.assertEqual(policy, self.state())
        self.assertEqual([], [p.name for p in (self.root / "usr/sbin").iterdir()
                              if p.name != "policy-rc.d"])
        self.assertFalse((self.root / "etc/postgresql-common").exists())

    def test_forbids_services_and_clusters_while_apt_works_and_says_what_it_adds(self):
        code, output = self.run_script()
        self.assertEqual(0, code, output)
        self.assertIn("exit 101", (self.root / "policy-seen").read_text())
        self.assertEqual("755\n", (self.root / "policy-mode-seen").read_text())
        self.assertEqual("create_main_cluster = false\n", (self.root / "cluster-seen").read_text())
        self.assertIn("apt adds 2 packages:\n    libone one", output)
        self.assertLess(output.index("libone one"), output.index("installing"))
        self.assertNotIn("update", output)
        self.assert_no_traces()

    def test_a_policy_that_was_there_is_the_same_afterwards(self):
        before = self.leave_a_policy()
        code, output = self.run_script()
        self.assertEqual(0, code, output)
        self.assertNotIn("theirs", (self.root / "policy-seen").read_text("latin-1"))
        self.assert_no_traces(before)

    def test_a_policy_that_is_a_link_stays_a_link(self):
        os.symlink("/etc/alternatives/policy-rc.d", self.policy)
        self.assertEqual(0, self.run_script()[0])
        self.assertEqual("/etc/alternatives/policy-rc.d", os.readlink(self.policy))

    def test_a_failure_of_apt_is_ours_and_leaves_nothing(self):
        before = self.leave_a_policy()
        code, output = self.run_script("fail")
        self.assertEqual(1, code)
        self.assertIn("no space left", output)
        self.assert_no_traces(before)

    def test_an_unknown_package_is_looked_up_anew_and_then_named(self):
        code, output = self.run_script("unknown")
        self.assertEqual(1, code)
        self.assertIn("Unable to locate package nosuch", output)
        self.assertEqual("update\n", (self.root / "calls").read_text())
        self.assertFalse((self.root / "policy-seen").exists())
        self.assert_no_traces()

    def test_signals_leave_nothing(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(signal=number):
                before = self.leave_a_policy()
                process = self.start_and_wait_for_apt()
                self.assertNotEqual(before, self.state())
                os.killpg(process.pid, number)  # as the terminal does it
                process.communicate(timeout=HANG_SECONDS)
                self.assertEqual(code, process.returncode)
                self.assert_no_traces(before)
                (self.root / "hangs").unlink()

    def test_the_next_run_mends_what_a_killed_one_left(self):
        before = self.leave_a_policy()
        process = self.start_and_wait_for_apt()
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=HANG_SECONDS)
        self.assertNotEqual(before, self.state())
        code, output = self.run_script()
        self.assertEqual(0, code, output)
        self.assert_no_traces(before)

    def test_what_was_enabled_stays_and_what_came_is_disabled(self):
        wants = self.root / "etc/systemd/system/multi-user.target.wants"
        boot = self.root / "etc/rc3.d"
        wants.mkdir(parents=True)
        boot.mkdir(parents=True)
        (wants / "ssh.service").symlink_to("/lib/systemd/system/ssh.service")
        (boot / "S01ssh").symlink_to("../init.d/ssh")
        code, output = self.run_script()
        self.assertEqual(0, code, output)
        self.assertEqual(["ssh.service"], [p.name for p in wants.iterdir()])
        self.assertEqual(["K01one", "S01ssh"], sorted(p.name for p in boot.iterdir()))
        self.assertIn("not enabled: one one.timer\n", output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
