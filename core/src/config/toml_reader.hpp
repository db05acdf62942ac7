// ReadToml: TOML text as a plain tree of nodes with positions, in the order of the text.
//
// The one place that knows the TOML library; everything after it works on these structs. Values
// never appear in an error text: a secret may stand anywhere in a broken file. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

// Both count from 1, columns in code points; line 0: no position.
struct TomlPosition {
  uint32_t line = 0;
  uint32_t column = 0;
};

struct TomlEntry;

struct TomlNode {
  enum class Kind { kTable, kArray, kString, kInteger, kFloat, kBoolean, kTime };

  Kind kind = Kind::kTable;
  TomlPosition position;
  std::string text;                // kString
  int64_t integer = 0;             // kInteger
  double number = 0;               // kFloat
  bool flag = false;               // kBoolean
  std::vector<TomlNode> items;     // kArray
  std::vector<TomlEntry> entries;  // kTable, keys are unique
};

struct TomlEntry {
  std::string key;
  TomlPosition position;  // of the key
  TomlNode value;
};

// "a string", "an integer", ...
std::string_view Describe(TomlNode::Kind kind);

// A string without a position: from the environment, the command line or an option table.
TomlNode StringNode(std::string text);

struct TomlResult {
  static constexpr size_t kDepthMax = 16;     // tables and arrays in one another
  static constexpr size_t kKeyPartsMax = 16;  // a.b.c has three

  bool ok = false;
  TomlNode root;  // a table
  TomlPosition error_position;
  std::string error;
};

TomlResult ReadToml(std::string_view text);

}  // namespace pillion
