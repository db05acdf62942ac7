"""Certificates for tests, by the openssl command."""
import os
import shutil

from sandbox import executable


class Authority:
    """A certificate authority in a directory of its own."""

    def __init__(self, sandbox, name="authority"):
        self._sandbox = sandbox
        self.dir = sandbox.dir / name
        self.dir.mkdir()
        self._run("req", "-x509", *self._key("ca"), "-out", self.dir / "ca.crt", "-subj",
                  f"/CN={name}", "-days", "1")

    def _run(self, *arguments):
        self._sandbox.run([executable("openssl", "openssl"), *arguments])

    def _key(self, name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                self.dir / f"{name}.key"]

    @property
    def certificate(self):
        return self.dir / "ca.crt"

    def issue(self, name, sans, days=1):
        """NAME.crt and NAME.key, their common path; with 0 days it has expired."""
        path = self.dir / name
        self._run("req", *self._key(name), "-out", f"{path}.csr", "-subj", f"/CN={name}")
        extensions = self.dir / f"{name}.ext"
        extensions.write_text(f"subjectAltName={sans}\n")
        self._run("x509", "-req", "-in", f"{path}.csr", "-CA", self.dir / "ca.crt", "-CAkey",
                  self.dir / "ca.key", "-CAcreateserial", "-days", str(days), "-extfile",
                  extensions, "-out", f"{path}.crt")
        return path


class SecretVolume:
    """A directory as Kubernetes mounts a secret: names are links through ..data, which is swapped."""

    def __init__(self, directory, files):
        self.dir = directory
        self._count = 0
        self.dir.mkdir()
        self.replace(files)

    def replace(self, files):
        """`files`: name to content, or to a path to copy."""
        self._count += 1
        version = self.dir / f"..{self._count}"
        version.mkdir()
        for name, source in files.items():
            if isinstance(source, str):
                (version / name).write_text(source)
            else:
                shutil.copy(source, version / name)
            link = self.dir / name
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}")
        beside = self.dir / "..data_tmp"
        beside.symlink_to(version.name)
        os.replace(beside, self.dir / "..data")
