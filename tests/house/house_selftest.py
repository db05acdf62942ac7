"""Every rule of the house lets a sound tree through and finds what is wrong in a broken one."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from rules import FILE_LINES_MAX, FUNCTION_LINES_MAX, HEADINGS, RULES  # noqa: E402
from tree import functions  # noqa: E402

README = "# toy\n" + "".join(f"## {heading}\ntext\n" for heading in HEADINGS)
LONG_BODY = "  int a = 0;  // } in a comment\n" * FUNCTION_LINES_MAX

# A sound tree. Each broken one differs from it in one file.
SOUND = {
    "CMakeLists.txt": "project(Toy)\n",
    "core/include/pillion/sink.hpp": "// Doc.\n#pragma once\n#include <pillion/plugin.h>\n",
    "core/include/pillion/plugin.h": "#ifndef A\n#define A\n#endif\n",
    "core/src/model/name.hpp": "#pragma once\n#include <string>\n",
    "core/src/model/name.cpp": '#include "model/name.hpp"\n// postgres may be said here\nint F() { return 1; }\n',
    "core/src/http/page.cpp": '#include "http/page.hpp"\n#include "config/config.hpp"\n',
    "core/src/http/page.hpp": "#pragma once\n",
    "core/src/app/main.cpp": '#include "http/page.hpp"\n#include <pillion/sink.hpp>\n',
    "tests/core/model/name_test.cpp": 'TEST_CASE("a name") {}\nTEST_CASE("another name") {}\n',
    "tests/core/http/page_test.cpp": 'TEST_CASE("a page") {}\n',
    "tests/support/server.hpp": "#pragma once\n",
    "exporters/toy/CMakeLists.txt": "\n",
    "exporters/toy/README.md": README,
    "exporters/toy/info.hpp": "#pragma once\n",
    "exporters/toy/toy.cpp": '#include "info.hpp"\n#include "common/text.hpp"\n#include <pillion/sink.hpp>\n',
    "exporters/toy/tests/toy_test.cpp": '#include "../info.hpp"\n#include "support/server.hpp"\n',
    "exporters/common/text.hpp": "#pragma once\n",
}

REMINDER = "TO" "DO"
HOME = "/ho" "me/jane/x"

# rule: [(path, text, what the report must say)]
BROKEN = {
    "top-level": [("scratch/notes.txt", "", "scratch"), ("a.txt", "", "a.txt")],
    "mirrored-tests": [("core/src/poll/lane.cpp", "int a;\n", "core/src/poll: has no tests")],
    "file-names": [
        ("core/src/model/BadName.cpp", "", "snake_case"),
        ("exporters/toy/bad-name.cpp", "", "snake_case"),
        ("core/src/model/name.hpp", "#include <string>\n#pragma once\n", "pragma once"),
    ],
    "build-options": [
        ("exporters/toy/CMakeLists.txt", 'option(PILLION_TOY "Toy" OFF)\n', "PILLION_TOY belongs"),
        ("core/cmake/Toy.cmake", '\n  option( PILLION_TOY "Toy" OFF)\n', "Toy.cmake:2: PILLION_TOY"),
    ],
    "core-arrows": [
        ("core/src/model/name.cpp", '#include "http/page.hpp"\n', "model must not see http"),
        ("core/src/http/page.cpp", '#include "poll/lane.hpp"\n', "http must not see poll"),
        ("core/src/http/page.cpp", "#include <plugin/host.hpp>\n", "http must not see plugin"),
        ("core/src/poll/lane.cpp", '\n#include "http/page.hpp"\n', "lane.cpp:2: poll must not see http"),
        ("core/src/model/name.cpp", '#include "name.hpp"\n', "relative to core/src"),
        ("core/src/model/name.cpp", '#include "../http/page.hpp"\n', "relative to core/src"),
        ("core/src/novel/a.cpp", "", "not in the picture"),
    ],
    "sdk-alone": [
        ("core/include/pillion/sink.hpp", '#pragma once\n#include "model/name.hpp"\n', "model/name.hpp"),
        ("core/include/pillion/sink.hpp", "#pragma once\n#include <model/name.hpp>\n", "model/name.hpp"),
    ],
    "exporters-see-sdk": [
        ("exporters/toy/toy.cpp", '#include "model/name.hpp"\n', "neither SDK"),
        ("exporters/toy/toy.cpp", "#include <model/name.hpp>\n", "neither SDK"),
        ("exporters/toy/toy.cpp", '#include "../other/info.hpp"\n', "neither SDK"),
        ("exporters/toy/toy.cpp", '#include "support/server.hpp"\n', "neither SDK"),
        ("examples/plugin/a.cpp", '#include "model/name.hpp"\n', "an example"),
    ],
    "core-names-no-exporter": [
        ("core/src/model/name.cpp", 'const char* kName = "postgres";\n', "names 'postgres'"),
        ("core/src/model/name.cpp", "/* fine */ int redis_port;\n", "names 'redis'"),
        ("core/src/http/CMakeLists.txt", "link(hiredis)\n", "names 'hiredis'"),
    ],
    "file-length": [("core/src/model/name.cpp", "int a;\n" * (FILE_LINES_MAX + 1), "at most")],
    "function-length": [
        ("core/src/model/name.cpp", "namespace a {\nvoid F() {\n" + LONG_BODY + "}\n}\n", "void F()"),
        ("core/src/model/name.cpp", "struct A {\n  int G() const noexcept {\n" + LONG_BODY + "  }\n};\n", "int G()"),
        ("core/src/model/name.cpp", "A::A(int a)\n    : a_(a) {\n" + LONG_BODY + "}\n", "A::A(int a)"),
    ],
    "reminders": [
        ("core/src/model/name.cpp", f"// {REMINDER}: later\n", "without a reason"),
        ("exporters/toy/README.md", README + f"{REMINDER}\n", "without a reason"),
    ],
    "machine-paths": [
        ("core/src/model/name.cpp", f'const char* kPath = "{HOME}";\n', "one machine"),
        ("exporters/toy/README.md", README + "see /wo" "rk/x\n", "one machine"),
    ],
    "test-names": [
        ("tests/core/model/name_test.cpp", 'TEST_CASE("one; two") {}\n', "one; two"),
        ("tests/core/model/name_test.cpp", 'TEST_CASE_FIXTURE(A, "one, two") {}\n', "one, two"),
        ("tests/core/model/name_test.cpp", 'TEST_CASE("a") {}\nTEST_CASE("a") {}\n', "name_test.cpp:2: two tests"),
    ],
    "exporter-readme": [
        ("exporters/toy/README.md", README.replace("## Options", "## Choices"), "wants the headings"),
        ("exporters/toy/README.md", None, "is missing"),
    ],
    "scripts": [
        ("tests/a.sh", "#!/bin/bash\necho\n", "set -euo pipefail"),
        ("tests/a.py", "#!/usr/bin/env python3\n", "not executable"),
    ],
}


class House(unittest.TestCase):
    def check(self, changes, *arguments):
        files = {**SOUND, **changes}
        with tempfile.TemporaryDirectory(prefix="pillion-house-") as root:
            for path, text in files.items():
                if text is not None:
                    (Path(root) / path).parent.mkdir(parents=True, exist_ok=True)
                    (Path(root) / path).write_text(text)
            done = subprocess.run([sys.executable, "-B", HERE / "house.py", *arguments, root], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        return done.returncode, done.stdout

    def test_a_sound_tree_passes(self):
        self.assertEqual((0, f"{len(SOUND)} files, 0 findings\n"), self.check({}))

    def test_every_rule_is_seen_to_fail(self):
        self.assertEqual(set(RULES), set(BROKEN))
        for name, cases in BROKEN.items():
            for path, text, says in cases:
                with self.subTest(rule=name, says=says):
                    code, output = self.check({path: text}, "--rule", name)
                    self.assertEqual(1, code, output)
                    self.assertIn(says, output)

    def test_an_exception_lets_through_what_it_names_and_no_more(self):
        long_file = {"core/src/model/name.cpp": "int a;\n" * (FILE_LINES_MAX + 10)}
        allow = "tests/house/exceptions.txt"
        code, output = self.check({**long_file, allow: "file-length core/src/model/name.cpp 510  # why\n"})
        self.assertEqual(0, code, output)
        code, output = self.check({**long_file, allow: "file-length core/src/model/name.cpp 509  # why\n"})
        self.assertEqual(1, code, output)

    def test_an_exception_only_shrinks(self):
        allow = "tests/house/exceptions.txt"
        code, output = self.check({allow: "file-length core/src/model/name.cpp 600  # why\n"})
        self.assertEqual(1, code)
        self.assertIn("take it out", output)
        long_file = {"core/src/model/name.cpp": "int a;\n" * (FILE_LINES_MAX + 10)}
        code, output = self.check({**long_file, allow: "file-length core/src/model/name.cpp 600  # why\n"})
        self.assertEqual(1, code)
        self.assertIn("the limit can be 510 now", output)

    def test_an_exception_without_a_reason_is_refused(self):
        code, output = self.check({"tests/house/exceptions.txt": "file-length core/src/model/name.cpp 600\n"})
        self.assertEqual(1, code)
        self.assertIn("reason", output)

    def test_functions_are_measured_by_their_braces(self):
        text = ('#define M(x) {\nvoid F(int a = 1) {\n  if (a) {\n  }\n  auto f = [](int b) { return b; };\n}\n'
                'constexpr int kTable[] = {\n  1,\n};\nnamespace x {\nclass A : public B {\n  A() {}\n};\n}\n'
                'const char* G() { return R"(})"; }\n')
        self.assertEqual([(2, 5, "void F(int a = 1)"), (12, 1, "A()"), (15, 1, "const char* G()")],
                         functions(text))


if __name__ == "__main__":
    unittest.main(verbosity=2)
