#include "plugin/catalog.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pillion;

extern "C" const pillion_plugin* pillion_plugin_entry();

namespace {

const std::string kModules = PILLION_TEST_MODULES;

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a module is found by the name of its file") {
  PluginCatalog catalog({}, {"/nonexistent", kModules});
  const auto type = catalog.Find("good");
  REQUIRE_MESSAGE(type.ok(), (type.ok() ? "" : type.error().message));
  CHECK((*type)->name() == "good");
  CHECK((*type)->version() == "1.2");
  CHECK((*type)->origin() == kModules + "/good.so");
}

TEST_CASE("a module is loaded once") {
  PluginCatalog catalog({}, {kModules});
  CHECK(*catalog.Find("good") == *catalog.Find("good"));
}

TEST_CASE("a module of another ABI version is refused by both versions") {
  PluginCatalog catalog({}, {kModules});
  const auto type = catalog.Find("foreign");
  REQUIRE_FALSE(type.ok());
  CHECK(type.error().reason == Reason::kVersion);
  CHECK(type.error().message ==
        kModules + "/foreign.so: built for plugin ABI 999, this pillion speaks 0");
}

TEST_CASE("a library without the entry function is refused") {
  PluginCatalog catalog({}, {kModules});
  const auto type = catalog.Find("empty");
  REQUIRE_FALSE(type.ok());
  CHECK(Contains(type.error().message, "pillion_plugin_entry"));
}

TEST_CASE("a module whose file has another name than its type is refused") {
  PluginCatalog catalog({}, {kModules});
  const auto type = catalog.Find("misnamed");
  REQUIRE_FALSE(type.ok());
  CHECK(Contains(type.error().message, "must be called good.so"));
}

TEST_CASE("an unknown type names what there is") {
  PluginCatalog catalog({}, {kModules});
  const auto type = catalog.Find("oracle");
  REQUIRE_FALSE(type.ok());
  CHECK(type.error().message ==
        "no exporter of type `oracle`; there are: empty, foreign, good, misnamed");
}

TEST_CASE("a type name never becomes a path") {
  PluginCatalog catalog({}, {kModules + "/sub"});
  for (const char* name : {"../good", "..", "", "a/b", "good.so"}) {
    CHECK_FALSE(catalog.Find(name).ok());
  }
}

TEST_CASE("listing names opens nothing and is sorted") {
  PluginCatalog catalog({}, {kModules});
  CHECK(catalog.Names() == std::vector<std::string>{"empty", "foreign", "good", "misnamed"});
}

TEST_CASE("a linked type wins over a module of the same name") {
  static pillion_plugin plugin{};
  plugin.size = sizeof plugin;
  plugin.type = ToStr("good");
  plugin.create = [](const pillion_host*, pillion_instance*, pillion_buffer*) -> void* {
    return nullptr;
  };
  plugin.poll = [](void*, pillion_poll*, pillion_buffer*) -> uint32_t { return 0; };
  plugin.destroy = [](void*) {};
  PluginCatalog catalog({[]() -> const pillion_plugin* { return &plugin; }}, {kModules});
  REQUIRE(catalog.Find("good").ok());
  CHECK((*catalog.Find("good"))->origin() == "linked in");
}
