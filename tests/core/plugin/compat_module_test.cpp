#include "plugin/compat_module.hpp"

#include <doctest/doctest.h>

namespace pillion {
namespace {

const pillion_compat kLinked{sizeof(pillion_compat),
                             PILLION_COMPAT_VERSION,
                             {"linked", 6},
                             {"", 0},
                             [](const pillion_compat_host*, const pillion_str*, size_t) {
                               return int32_t{PILLION_COMPAT_DONE};
                             }};
const pillion_compat kFuture{sizeof(pillion_compat), 7, {"future", 6}, {"", 0}, kLinked.translate};

const CompatModules kModules({[] { return &kLinked; }, [] { return &kFuture; }},
                             {"/nonexistent", PILLION_COMPAT_DIRECTORY});

std::string Use(std::string_view name) {
  std::string used;
  const auto result = kModules.Use(
      name, [&](const pillion_compat& compat) { used.assign(compat.name.data, compat.name.size); });
  return result.ok() ? used : result.error().message;
}

TEST_CASE("a translator is found by the name of its program") {
  CHECK(kModules.Names() ==
        std::vector<std::string>{"empty", "future", "linked", "misnamed", "some"});
  CHECK(kModules.Has("some"));
  CHECK(kModules.Has("linked"));
  CHECK(!kModules.Has("none"));
  CHECK(!kModules.Has("../compat/some"));
  CHECK(!kModules.Has(""));
  CHECK(Use("some") == "some");
  CHECK(Use("some") == "some");
  CHECK(Use("linked") == "linked");
}

TEST_CASE("what is no translator for the program is refused with the reason") {
  CHECK(Use("none") == "nothing here knows the command line of that program");
  CHECK(Use("future") == "linked in: built for translators of version 7, this pillion speaks 0");
  CHECK(Use("empty").find("has no `pillion_compat_entry`") != std::string::npos);
  CHECK(Use("misnamed").find("translates for `some`") != std::string::npos);
}

}  // namespace
}  // namespace pillion
