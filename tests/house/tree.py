"""The tree that the rules look at: its files, and C++ text without comments and strings."""
import os
import re
import subprocess
from pathlib import Path

CODE = {".cpp", ".hpp", ".h", ".c"}
NOT_OURS = {".git", "build", "node_modules", ".cache"}
FILE_BYTES_MAX = 1 << 20


class Tree:
    """A checkout (what git would track) or, where there is no git, a directory as it is."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.paths = sorted(self._listed_by_git() or self._walked())
        self._texts = {}

    def _listed_by_git(self):
        if not (self.root / ".git").exists():
            return None
        listed = subprocess.run(
            ["git", "-C", str(self.root), "ls-files", "-z", "-c", "-o", "--exclude-standard"],
            capture_output=True, check=False)
        if listed.returncode != 0:  # no git, or a checkout of somebody else's
            return None
        names = {name for name in listed.stdout.decode().split("\0") if name}
        return [name for name in names if (self.root / name).is_file()]

    def _walked(self):
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in NOT_OURS]
            for name in files:
                yield str((Path(folder) / name).relative_to(self.root))

    def under(self, folder, suffixes=None):
        """Paths below a folder ('' is all), with one of the suffixes."""
        for path in self.paths:
            if path.startswith(folder) and (suffixes is None or Path(path).suffix in suffixes):
                yield path

    def folders(self, folder):
        """Names of the folders directly in a folder that hold files."""
        depth = folder.count("/") + 1
        return sorted({path.split("/")[depth] for path in self.under(folder + "/")
                       if path.count("/") > depth})

    def text(self, path):
        """The text of a file, '' for one that is no text or too large to be written by people."""
        if path not in self._texts:
            data = (self.root / path).read_bytes()
            readable = len(data) <= FILE_BYTES_MAX and b"\0" not in data
            self._texts[path] = data.decode("utf-8", "replace") if readable else ""
        return self._texts[path]

    def lines(self, path):
        return self.text(path).splitlines()

    def has(self, path):
        return path in self._path_set()

    def _path_set(self):
        if not hasattr(self, "_set"):
            self._set = set(self.paths)
        return self._set


_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"([^()\\\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""",
    re.DOTALL)


def without_comments(text, strings=True):
    """C++ with comments (and with strings=False literals as well) blanked; lines stay lines."""
    def blank(match):
        token = match.group(0)
        if strings and not token.startswith("/"):
            return token
        return re.sub(r"[^\n]", " ", token)
    # A digit separator is no quote.
    return _TOKEN.sub(blank, re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "_", text))


def includes(text):
    """[(line number, '<' or '"', path)] of the #include lines."""
    pattern = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
    return [(text.count("\n", 0, match.start(1)) + 1, match.group(1), match.group(2))
            for match in pattern.finditer(without_comments(text))]


_NO_FUNCTION = re.compile(
    r"^\s*(if|for|while|switch|do|else|try|catch|namespace|class|struct|enum|union|extern)\b")


def functions(text):
    """[(line, lines, heading)] of the outermost functions, by their braces."""
    code = without_comments(text, strings=False)
    code = re.sub(r"^\s*#.*?(?<!\\)$", lambda m: " " * len(m.group(0)), code, flags=re.MULTILINE)
    found, depth, parens, heading, opened_at, inside = [], 0, 0, 0, 0, None
    for at, char in enumerate(code):
        if char == "(":
            parens += 1
        elif char == ")":
            parens -= 1
        elif char == "{":
            before = code[heading:at]
            if inside is None and parens == 0 and "(" in before and not _NO_FUNCTION.match(before) \
                    and not re.search(r"=\s*$|\[\]\s*=", before):
                inside, opened_at = depth, heading + len(before) - len(before.lstrip())
            depth += 1
        elif char == "}":
            depth -= 1
            if inside == depth:
                first = code.count("\n", 0, opened_at) + 1
                last = code.count("\n", 0, at) + 1
                name = " ".join(text[opened_at:at].split("{")[0].split())
                found.append((first, last - first + 1, name))
                inside = None
        if char in ";{}" and parens == 0:
            heading = at + 1
    return found
