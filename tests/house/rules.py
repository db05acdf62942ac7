"""The rules of the house that no formatter knows. Each takes a Tree and yields Findings."""
import re
from dataclasses import dataclass
from pathlib import Path

from tree import CODE, functions, includes, without_comments

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 90


@dataclass
class Finding:
    path: str
    line: int
    text: str
    size: int = 0  # for rules with a limit: what exceptions.txt may allow


RULES = {}


def rule(function):
    RULES[function.__name__.replace("_", "-")] = function
    return function


# ---- where things stand ------------------------------------------------------------------------

TOP_LEVEL = {"core", "exporters", "examples", "deploy", "tests", "CMakeLists.txt", "CMakePresets.json",
             "README.md", "CHANGELOG.md", "LICENSE", ".ci", ".clang-format", ".clang-tidy",
             ".gitignore", ".dockerignore", ".gitattributes", ".editorconfig"}


@rule
def top_level(tree):
    """The top level holds what was agreed and nothing else."""
    for name in sorted({path.split("/")[0] for path in tree.paths} - TOP_LEVEL):
        yield Finding(name, 0, "does not belong to the top level (tests/house/rules.py has the list)")


@rule
def mirrored_tests(tree):
    """Each folder of core/src has its tests in tests/core."""
    for part in tree.folders("core/src"):
        code = [p for p in tree.under(f"core/src/{part}/", {".cpp"}) if Path(p).name != "main.cpp"]
        if code and not any(tree.under(f"tests/core/{part}/", {".cpp"})):
            yield Finding(f"core/src/{part}", 0, f"has no tests in tests/core/{part}")


@rule
def file_names(tree):
    """Names of code files are snake_case; a C++ header begins with #pragma once."""
    for path in tree.under("", CODE | {".py", ".sh"}):
        if not re.fullmatch(r"[a-z0-9_]+\.[a-z]+", Path(path).name):
            yield Finding(path, 0, "file names are snake_case")
    for path in tree.under("", {".hpp"}):
        code = without_comments(tree.text(path)).lstrip()
        if not code.startswith("#pragma once"):
            yield Finding(path, 1, "a header begins with #pragma once")


@rule
def build_options(tree):
    """What can be switched in the build is declared once, in the CMakeLists.txt at the top."""
    for path in tree.under("", {".txt", ".cmake"}):
        if path == "CMakeLists.txt" or (Path(path).suffix == ".txt" and Path(path).name != "CMakeLists.txt"):
            continue
        for number, line in enumerate(tree.lines(path), 1):
            match = re.match(r"\s*option\s*\(\s*(PILLION_\w+)", line)
            if match:
                yield Finding(path, number, f"{match.group(1)} belongs into the CMakeLists.txt at the top")


# ---- who may see whom --------------------------------------------------------------------------

# text <- log, model, http, parse
# include/pillion <- log, model <- exposition <- config <- plugin, poll, http, self <- app
#                 <- log <- parse <- lint <- app
BASE = {"text", "log", "model"}
MAY_SEE = {
    "text": set(),
    "log": {"text"},
    "model": {"text"},
    "parse": {"text"},
    "lint": {"text", "parse"},
    "exposition": BASE,
    "config": BASE | {"exposition"},
    "filter": BASE | {"exposition", "config"},
    "plugin": BASE | {"exposition", "config", "filter"},
    "poll": BASE | {"exposition", "config", "filter", "plugin"},
    "http": BASE | {"exposition", "config"},
    "web": BASE | {"exposition", "config", "http"},
    "self": BASE | {"exposition", "config", "filter", "plugin", "poll"},
    "app": BASE | {"exposition", "config", "filter", "plugin", "poll", "http", "self", "web", "parse", "lint"},
}


@rule
def core_arrows(tree):
    """The folders of core/src see only those below them."""
    for path in tree.under("core/src/", CODE):
        part = path.split("/")[2]
        if part not in MAY_SEE:
            yield Finding(path, 0, f"core/src/{part} is not in the picture of who may see whom")
            continue
        for line, quote, target in includes(tree.text(path)):
            other = target.split("/")[0]
            if quote == '"' and "/" not in target or ".." in target:
                yield Finding(path, line, f'"{target}": includes are relative to core/src')
            elif other in MAY_SEE and other != part and other not in MAY_SEE[part]:
                yield Finding(path, line, f"{part} must not see {other} ({target})")
            elif quote == '"' and other not in MAY_SEE:
                yield Finding(path, line, f'"{target}" is in no folder of core/src')


@rule
def sdk_alone(tree):
    """The SDK includes only itself and what is installed everywhere."""
    for path in tree.under("core/include/", CODE):
        for line, quote, target in includes(tree.text(path)):
            if quote == '"' or target.split("/")[0] in MAY_SEE:
                yield Finding(path, line, f"the SDK must not include {target}")


@rule
def exporters_see_sdk(tree):
    """An exporter sees the SDK, itself and exporters/common; so do examples."""
    for path in tree.under("exporters/", CODE):
        parts = path.split("/")
        if len(parts) < 3:
            continue
        own = [f"exporters/{parts[1]}", "exporters/common"]
        if "tests" in parts:
            own.append("tests/support")
        for line, quote, target in includes(tree.text(path)):
            if quote == "<":
                bad = target.split("/")[0] in MAY_SEE
            else:
                here = str(Path(path).parent)
                places = [here, own[0], "exporters", "tests"]
                found = {_joined(place, target) for place in places} & set(tree.paths)
                bad = not any(p.startswith(folder + "/") for p in found for folder in own)
            if bad:
                yield Finding(path, line, f"{target} is neither SDK nor of this exporter")
    for path in tree.under("examples/", CODE):
        for line, _, target in includes(tree.text(path)):
            if target.split("/")[0] in MAY_SEE:
                yield Finding(path, line, f"an example must not include {target}")


def _joined(folder, target):
    parts = []
    for part in f"{folder}/{target}".split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


@rule
def core_names_no_exporter(tree):
    """Nothing in core names an exporter, outside comments."""
    word = re.compile(r"postgres|redis(?!tribut|cover|play)|\bpg_|libpq|hiredis", re.IGNORECASE)
    for path in tree.under("core/", CODE | {".txt", ".cmake"}):
        text = tree.text(path)
        if Path(path).suffix in CODE:
            text = without_comments(text)
        else:
            text = re.sub(r"#.*", "", text)
        for number, line in enumerate(text.splitlines(), 1):
            match = word.search(line)
            if match:
                yield Finding(path, number, f"core names '{match.group(0)}': {line.strip()[:60]}")


# ---- sizes -------------------------------------------------------------------------------------

@rule
def file_length(tree):
    """A file of code is read in one sitting."""
    for path in tree.under("", CODE | {".sh", ".py", ".cmake"}):
        length = len(tree.lines(path))
        if length > FILE_LINES_MAX:
            yield Finding(path, 0, f"{length} lines, at most {FILE_LINES_MAX}", length)


@rule
def function_length(tree):
    """A function fits a screen."""
    for path in tree.under("", CODE):
        for line, length, name in functions(tree.text(path)):
            if length > FUNCTION_LINES_MAX:
                yield Finding(path, line, f"{length} lines, at most {FUNCTION_LINES_MAX}: {name[:60]}",
                              length)


# ---- words -------------------------------------------------------------------------------------

@rule
def reminders(tree):
    """A reminder says what it waits for: TODO(what): text."""
    mark = "TO" + "DO|FIX" + "ME|X" + "XX"
    for path in tree.paths:
        for number, line in enumerate(tree.lines(path), 1):
            match = re.search(rf"\b({mark})\b(?!\([^)]+\): \S)", line)
            if match and path != "tests/house/rules.py":
                yield Finding(path, number, f"{match.group(1)} without a reason: TO" "DO(what): text")


@rule
def machine_paths(tree):
    """No path of somebody's own machine."""
    path_of_a_machine = re.compile(
        r"(?<![\w./-])/(home/[\w-]+|root|work|Users/[\w-]+|workspaces?)/[\w.]|[A-Z]:\\Users\\")
    for path in tree.paths:
        for number, line in enumerate(tree.lines(path), 1):
            match = path_of_a_machine.search(line)
            if match:
                yield Finding(path, number, f"a path of one machine: {match.group(0)}")


TEST_NAME = re.compile(r'\b(?:TEST_CASE(?:_FIXTURE|_TEMPLATE)?|SCENARIO)\s*\(\s*(?:[\w:]+\s*,\s*)?"'
                       r'((?:\\.|[^"\\])*)"')


@rule
def test_names(tree):
    """Names of test cases are unique in their file and hold nothing that CTest splits at."""
    for path in tree.under("", {".cpp"}):
        seen = set()
        for match in TEST_NAME.finditer(without_comments(tree.text(path))):
            name = match.group(1)
            line = tree.text(path).count("\n", 0, match.start()) + 1
            if re.search(r'[;,\[\]"\\]', name):
                yield Finding(path, line, f"; , [ ] and quotes don't belong in a test's name: {name}")
            if name in seen:
                yield Finding(path, line, f"two tests have this name: {name}")
            seen.add(name)


# ---- documents and scripts ---------------------------------------------------------------------

HEADINGS = ["What it reads", "Permissions", "Options", "Metrics", "Cost per poll", "Troubleshooting"]


@rule
def exporter_readme(tree):
    """Each exporter has a README with the fixed headings, in their order."""
    for exporter in tree.folders("exporters"):
        if exporter == "common" or not tree.has(f"exporters/{exporter}/CMakeLists.txt"):
            continue
        path = f"exporters/{exporter}/README.md"
        if not tree.has(path):
            yield Finding(path, 0, "is missing")
            continue
        found = [h for h in re.findall(r"^## (.+?)\s*$", tree.text(path), re.MULTILINE) if h in HEADINGS]
        if found != HEADINGS:
            yield Finding(path, 0, "wants the headings " + ", ".join(HEADINGS) + f"; has {found}")


@rule
def scripts(tree):
    """A script with a #! line is executable and stops at the first error; one without is sourced."""
    for path in tree.paths:
        text = tree.text(path)
        first = text.split("\n", 1)[0]
        if not first.startswith("#!") or "testdata" in path:
            continue
        if not (tree.root / path).stat().st_mode & 0o111:
            yield Finding(path, 1, "has a #! line but is not executable")
        if re.search(r"\b(ba)?sh\b", first) and not re.search(r"^set -[a-z]*e", text, re.MULTILINE):
            yield Finding(path, 1, "a shell script says: set -euo pipefail")
