// The INFO parser: any bytes in, views out.
#include "info.hpp"

#include "fake_redis.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace pillion::redis;
using pillion::redis::testing::Folder;
using pillion::redis::testing::ReadFile;
using pillion::redis::testing::WithCrLf;

namespace {

// Walks everything that the parser offers, and checks that each view lies inside the text.
size_t WalkAll(std::string_view text) {
  const auto inside = [&](std::string_view view) {
    return view.empty() ||
           (view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size());
  };
  size_t fields = 0;
  bool ok = true;
  const Info info(text);
  for (const Info::Part& part : info.parts()) {
    ok = ok && inside(part.body);
    for (FieldCursor at(part.body); auto field = at.Next();) {
      ok = ok && inside(field->name);
      ok = ok && inside(field->value);
      ++fields;
      for (PairCursor pairs(field->value); auto pair = pairs.Next();) {
        ok = ok && inside(pair->name);
        ok = ok && inside(pair->value);
      }
      (void)ToValue(field->value);
      (void)ToVersion(field->value);
    }
  }
  CHECK(ok);
  return fields;
}

std::string ValueOf(const Info& info, std::string_view name) {
  for (const Info::Part& part : info.parts()) {
    for (FieldCursor at(part.body); auto field = at.Next();) {
      if (field->name == name) return std::string(field->value);
    }
  }
  return "(none)";
}

}  // namespace

TEST_CASE("INFO is split into sections and fields") {
  const std::string text =
      "# Server\r\nredis_version:7.0.15\r\nhz:10\r\n\r\n# Memory\r\n"
      "used_memory:1\r\n\r\n# Keyspace\r\ndb0:keys=2,expires=1,avg_ttl=3\r\n";
  const Info info(text);
  REQUIRE(info.parts().size() == 3);
  CHECK(info.parts()[0].section == Section::kServer);
  CHECK(info.parts()[1].section == Section::kPlain);
  CHECK(info.Has(Section::kKeyspace));
  CHECK_FALSE(info.Has(Section::kSentinel));
  CHECK(ValueOf(info, "redis_version") == "7.0.15");
  CHECK(ValueOf(info, "used_memory") == "1");
  FieldCursor databases(info.Body(Section::kKeyspace));
  const auto db = databases.Next();
  REQUIRE(db);
  CHECK(db->name == "db0");
  CHECK(db->value == "keys=2,expires=1,avg_ttl=3");
  CHECK_FALSE(databases.Next());
}

TEST_CASE("INFO without sections is one plain section") {
  const Info info("cluster_state:ok\r\ncluster_size:3\r\n");
  REQUIRE(info.parts().size() == 1);
  CHECK(info.parts()[0].section == Section::kPlain);
  CHECK(ValueOf(info, "cluster_size") == "3");
}

TEST_CASE("a section that comes twice counts once") {
  const Info info("# Commandstats\ncmdstat_get:calls=1\n# Commandstats\ncmdstat_set:calls=2\n");
  FieldCursor at(info.Body(Section::kCommandstats));
  CHECK(at.Next()->name == "cmdstat_get");
  CHECK_FALSE(at.Next());
  CHECK(info.parts().size() == 1);
}

TEST_CASE("more sections than there is room for are left out") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "# S" + std::to_string(i) + "\na:1\n";
  CHECK(Info(text).parts().size() == Info::kSectionsMax);
}

TEST_CASE("a value may hold colons and a line may lack its end") {
  const Info info("# Server\nos:Linux: the: system\nexecutable:/usr/bin/redis");
  CHECK(ValueOf(info, "os") == "Linux: the: system");
  CHECK(ValueOf(info, "executable") == "/usr/bin/redis");
}

TEST_CASE("lines that are no fields are skipped") {
  const Info info("# Server\n:no name\nno colon\n\n   \n#comment:1\nhz:10\n");
  FieldCursor at(info.Body(Section::kServer));
  CHECK(at.Next()->name == "hz");
  CHECK_FALSE(at.Next());
}

TEST_CASE("pairs may be cut off or lack a value") {
  PairCursor pairs("a=1,b,,c=2=3,");
  CHECK(pairs.Next()->value == "1");
  auto b = pairs.Next();
  CHECK(b->name == "b");
  CHECK(b->value.empty());
  CHECK(pairs.Next()->name.empty());
  auto c = pairs.Next();
  CHECK(c->name == "c");
  CHECK(c->value == "2=3");
  CHECK_FALSE(pairs.Next());
}

TEST_CASE("every prefix of every saved INFO is parsed without leaving the text") {
  for (const char* name : {"redis_5.0", "redis_6.2", "redis_7.0", "redis_7.2", "redis_8.0",
                           "valkey_8.1", "keydb_6.3", "sentinel_7.0", "cluster_7.0"}) {
    CAPTURE(name);
    const std::string text = WithCrLf(ReadFile(Folder(name) + "/info.txt"));
    CHECK(WalkAll(text) > 20);
    for (size_t size = 0; size < text.size(); size += 1 + size % 7) {
      const std::string cut = text.substr(0, size);  // a copy: ASan sees a step beyond its end
      WalkAll(cut);
    }
  }
}

TEST_CASE("hostile text is only text") {
  CHECK(WalkAll("") == 0);
  CHECK(WalkAll(std::string(1 << 20, 'x')) == 0);
  CHECK(WalkAll(std::string(1 << 20, '\n')) == 0);
  CHECK(WalkAll(std::string(1 << 20, '#')) == 0);
  CHECK(WalkAll("a:" + std::string(1 << 20, ',')) == 1);
  CHECK(WalkAll("a:" + std::string(1 << 20, '=')) == 1);
  CHECK(WalkAll(std::string("a\0b:1\0\n", 7)) == 1);
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes.push_back(static_cast<char>(i * 37));
  WalkAll(bytes);
}

TEST_CASE("numbers are numbers to their last character") {
  CHECK(ToDouble("0") == 0.0);
  CHECK(ToDouble("-1") == -1.0);
  CHECK(ToDouble("1.25") == 1.25);
  CHECK(ToDouble("1e3") == 1000.0);
  CHECK(ToDouble("18446744073709551615") == 18446744073709551615.0);
  CHECK(std::isnan(*ToDouble("nan")));
  CHECK(std::isnan(*ToDouble("-nan")));
  CHECK(std::isinf(*ToDouble("inf")));
  for (const char* bad :
       {"", " ", "1 ", " 1", "1%", "100.17%", "0x10", "1e999", "one", "-", "+", "1,5", "1.2.3"}) {
    CAPTURE(bad);
    CHECK_FALSE(ToDouble(bad));
  }
  CHECK(ToValue("ok") == 1.0);
  CHECK(ToValue("true") == 1.0);
  CHECK(ToValue("err") == 0.0);
  CHECK(ToValue("fail") == 0.0);
  CHECK(ToValue("false") == 0.0);
  CHECK_FALSE(ToValue("OK"));
}

TEST_CASE("versions are compared by their first two numbers") {
  CHECK(ToVersion("7.0.15") == Version{7, 0});
  CHECK(ToVersion("255.255.255") == Version{255, 255});
  CHECK(ToVersion("8") == Version{8, 0});
  CHECK(ToVersion("").major == 0);
  CHECK(ToVersion("unstable") == Version{0, 0});
  CHECK(ToVersion("-7.0") == Version{0, 0});
  CHECK(ToVersion("99999999999.1") == Version{0, 0});
  CHECK(ToVersion("10.0").AtLeast(9, 9));
  CHECK(ToVersion("7.0").AtLeast(7, 0));
  CHECK_FALSE(ToVersion("7.1").AtLeast(7, 2));
  CHECK_FALSE(ToVersion("6.9").AtLeast(7));
}

TEST_CASE("numbered names have a number and nothing else") {
  CHECK(IsNumbered("slave0", "slave"));
  CHECK(IsNumbered("db15", "db"));
  CHECK_FALSE(IsNumbered("slave", "slave"));
  CHECK_FALSE(IsNumbered("slave_priority", "slave"));
  CHECK_FALSE(IsNumbered("db0x", "db"));
}
