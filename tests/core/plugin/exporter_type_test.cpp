#include "plugin/exporter_type.hpp"

#include <cstddef>

#include <doctest/doctest.h>

using namespace pillion;

namespace {

pillion_plugin Plugin() {
  pillion_plugin plugin{};
  plugin.size = sizeof plugin;
  plugin.abi_version = PILLION_ABI_VERSION;
  plugin.type = ToStr("demo");
  plugin.create = [](const pillion_host*, pillion_instance*, pillion_buffer*) -> void* {
    return nullptr;
  };
  plugin.poll = [](void*, pillion_poll*, pillion_buffer*) -> uint32_t { return 0; };
  plugin.destroy = [](void*) {};
  return plugin;
}

std::string Refusal(const pillion_plugin& plugin) {
  const auto type = ExporterType::FromDescriptor(&plugin, "x.so");
  return type.ok() ? std::string() : type.error().message;
}

pillion_metric Row(std::string_view name, uint32_t type = PILLION_TYPE_GAUGE) {
  pillion_metric metric{};
  metric.size = sizeof metric;
  metric.name = ToStr(name);
  metric.type = type;
  return metric;
}

}  // namespace

TEST_CASE("a plugin without a collector table has one called default") {
  const pillion_plugin plugin = Plugin();
  const auto type = ExporterType::FromDescriptor(&plugin, "x.so");
  REQUIRE(type.ok());
  REQUIRE((*type)->collectors().size() == 1);
  CHECK((*type)->collectors()[0].name == "default");
  CHECK_FALSE((*type)->has_collector_table());
}

TEST_CASE("a descriptor that is too small is refused with both sizes") {
  pillion_plugin plugin = Plugin();
  plugin.size = 24;
  CHECK(Refusal(plugin) == "x.so: its descriptor has 24 bytes, at least " +
                               std::to_string(offsetof(pillion_plugin, check)) + " are needed");
}

TEST_CASE("a larger descriptor of a newer header is taken") {
  pillion_plugin plugin = Plugin();
  plugin.size = sizeof plugin + 64;
  CHECK(Refusal(plugin).empty());
}

TEST_CASE("a descriptor without its functions is refused") {
  pillion_plugin plugin = Plugin();
  plugin.poll = nullptr;
  CHECK(Refusal(plugin) == "x.so: create, poll and destroy must be there");
}

TEST_CASE("a bad metric table is refused by the row") {
  pillion_plugin plugin = Plugin();
  pillion_metric rows[] = {Row("fine"), Row("not\xFF")};
  plugin.metrics = rows;
  plugin.metric_count = 2;
  CHECK(Refusal(plugin) == "x.so: `not\xFF` is not a metric name");
  rows[1] = Row("fine");
  CHECK(Refusal(plugin) == "x.so: `fine` stands twice in the metric table");
  rows[1] = Row("other", 99);
  CHECK(Refusal(plugin) == "x.so: `other` has the unknown type 99");
  rows[1] = Row("other");
  rows[1].collector = 7;
  CHECK(Refusal(plugin) == "x.so: `other` names a collector that is not there");
}

TEST_CASE("tables are walked in steps of their own entry size") {
  struct Longer {
    pillion_metric metric;
    uint64_t added_later;
  };
  Longer rows[] = {{Row("first"), ~0ull}, {Row("second"), ~0ull}};
  for (Longer& row : rows) row.metric.size = sizeof(Longer);
  pillion_plugin plugin = Plugin();
  plugin.metrics = &rows[0].metric;
  plugin.metric_count = 2;
  const auto type = ExporterType::FromDescriptor(&plugin, "x.so");
  REQUIRE(type.ok());
  CHECK((*type)->families().at(1)->name == "second");
}

TEST_CASE("an up family that is no metric name is refused") {
  pillion_plugin plugin = Plugin();
  plugin.up_name = ToStr("demo up");
  CHECK(Refusal(plugin) == "x.so: `demo up` is not a metric name");
}
