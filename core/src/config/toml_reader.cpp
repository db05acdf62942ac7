#include "config/toml_reader.hpp"

#include "config/problems.hpp"
#include "config/toml_guard.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace pillion {
namespace {

TomlPosition ToPosition(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

// Copies the library's tree; false: it is deeper than kDepthMax at `too_deep`.
bool Copy(const toml::node& from, size_t depth, TomlNode& to, TomlPosition& too_deep) {
  to.position = ToPosition(from.source());
  if (depth > TomlResult::kDepthMax) {
    too_deep = to.position;
    return false;
  }
  if (const auto* table = from.as_table()) {
    to.kind = TomlNode::Kind::kTable;
    to.entries.reserve(table->size());
    for (const auto& [key, value] : *table) {
      TomlEntry& entry = to.entries.emplace_back();
      entry.key = std::string(key.str());
      entry.position = ToPosition(key.source());
      if (!Copy(value, depth + 1, entry.value, too_deep)) return false;
    }
    std::sort(to.entries.begin(), to.entries.end(), [](const TomlEntry& a, const TomlEntry& b) {
      return std::tie(a.position.line, a.position.column) <
             std::tie(b.position.line, b.position.column);
    });
  } else if (const auto* array = from.as_array()) {
    to.kind = TomlNode::Kind::kArray;
    to.items.reserve(array->size());
    for (const toml::node& item : *array) {
      if (!Copy(item, depth + 1, to.items.emplace_back(), too_deep)) return false;
    }
  } else if (const auto* text = from.as_string()) {
    to.kind = TomlNode::Kind::kString;
    to.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    to.kind = TomlNode::Kind::kInteger;
    to.integer = integer->get();
  } else if (const auto* number = from.as_floating_point()) {
    to.kind = TomlNode::Kind::kFloat;
    to.number = number->get();
  } else if (const auto* flag = from.as_boolean()) {
    to.kind = TomlNode::Kind::kBoolean;
    to.flag = flag->get();
  } else {
    to.kind = TomlNode::Kind::kTime;
  }
  return true;
}

// The library's words without what it quotes from the text. Keys stay: in "cannot redefine" and
// "cannot insert" nothing else is quoted.
std::string WithoutValues(std::string_view description) {
  const size_t saw = description.find(", saw ");
  std::string_view rest = description.substr(0, saw);
  if (rest.find("cannot redefine") != std::string_view::npos ||
      rest.find("cannot insert") != std::string_view::npos) {
    return Printable(rest);
  }
  std::string out;
  while (!rest.empty()) {
    const size_t open = rest.find('\'');
    const size_t close = open == std::string_view::npos ? open : rest.find('\'', open + 1);
    if (close == std::string_view::npos) break;
    const std::string_view quoted = rest.substr(open + 1, close - open - 1);
    const bool word = quoted == "true" || quoted == "false" || quoted == "inf" || quoted == "nan";
    out.append(rest.substr(0, open));
    out.append(word || quoted.size() == 1 ? rest.substr(open, close - open + 1) : "what it says");
    rest.remove_prefix(close + 1);
  }
  // A quote that is not closed: what follows it may be a value.
  out.append(rest.substr(0, rest.find('\'')));
  return Printable(out);
}

}  // namespace

std::string_view Describe(TomlNode::Kind kind) {
  switch (kind) {
    case TomlNode::Kind::kTable: return "a table";
    case TomlNode::Kind::kArray: return "an array";
    case TomlNode::Kind::kString: return "a string";
    case TomlNode::Kind::kInteger: return "an integer";
    case TomlNode::Kind::kFloat: return "a float";
    case TomlNode::Kind::kBoolean: return "a boolean";
    case TomlNode::Kind::kTime: break;
  }
  return "a date or time";
}

TomlNode StringNode(std::string text) {
  TomlNode node;
  node.kind = TomlNode::Kind::kString;
  node.text = std::move(text);
  return node;
}

TomlResult ReadToml(std::string_view text) {
  TomlResult result;
  if (auto objection = CheckToml(text)) {
    result.error_position = objection->position;
    result.error = std::move(objection->text);
    return result;
  }
  try {
    const toml::table table = toml::parse(text);
    result.ok = Copy(table, 0, result.root, result.error_position);
    if (!result.ok) {
      result.root = {};
      result.error = fmt::format("nested deeper than {}", TomlResult::kDepthMax);
    }
  } catch (const toml::parse_error& error) {
    result.error_position = ToPosition(error.source());
    result.error = WithoutValues(error.description());
  }
  return result;
}

}  // namespace pillion
