// Reading one line of an exposition, for tests: names, labels, numbers, exemplars. What is wrong
// comes back as text; empty means right. exposition_check.hpp reads whole pages with it.
#pragma once

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <string>
#include <string_view>

namespace pillion::exposition {

using Labels = std::map<std::string, std::string>;

struct Sample {
  std::string name;
  Labels labels;
  double value = 0;
  bool has_exemplar = false;
  Labels exemplar_labels;
  double exemplar_value = 0;
};

namespace detail {

inline bool IsName(std::string_view name, bool colon) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (const char c : name) {
    const bool word = std::isalnum(static_cast<unsigned char>(c)) || c == '_';
    if (!word && !(colon && c == ':')) return false;
  }
  return true;
}

inline bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const size_t length = c < 0x80   ? 1
                          : c < 0xC2 ? 0
                          : c < 0xE0 ? 2
                          : c < 0xF0 ? 3
                          : c < 0xF5 ? 4
                                     : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

inline bool EndsWith(std::string_view text, std::string_view tail) {
  return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}

inline bool ReadNumber(std::string_view text, double* out) {
  if (text == "NaN") return *out = std::nan(""), true;
  if (text == "+Inf" || text == "-Inf") {
    return *out = (text[0] == '-' ? -1 : 1) * std::numeric_limits<double>::infinity(), true;
  }
  for (const char c : text) {
    if (!std::isdigit(static_cast<unsigned char>(c)) && c != '.' && c != '-' && c != '+' &&
        c != 'e') {
      return false;
    }
  }
  const std::string copy(text);
  char* end = nullptr;
  *out = std::strtod(copy.c_str(), &end);
  return !copy.empty() && end == copy.c_str() + copy.size();
}

// Reads `{a="x",b="y"}` off the front of `rest`.
inline std::string ReadLabels(std::string_view& rest, Labels* labels) {
  rest.remove_prefix(1);
  while (!rest.empty() && rest[0] != '}') {
    const size_t equals = rest.find("=\"");
    if (equals == std::string_view::npos) return "a label without value";
    const std::string name(rest.substr(0, equals));
    if (!IsName(name, false)) return "a bad label name: " + name;
    rest.remove_prefix(equals + 2);
    std::string value;
    for (; !rest.empty() && rest[0] != '"'; rest.remove_prefix(1)) {
      if (rest[0] != '\\') {
        value += rest[0];
        continue;
      }
      rest.remove_prefix(1);
      if (rest.empty() || (rest[0] != 'n' && rest[0] != '\\' && rest[0] != '"')) {
        return "a bad escape in label " + name;
      }
      value += rest[0] == 'n' ? '\n' : rest[0];
    }
    if (rest.empty()) return "an open quote in label " + name;
    rest.remove_prefix(1);
    if (!labels->emplace(name, value).second) return "label " + name + " stands twice";
    if (!rest.empty() && rest[0] == ',') {
      rest.remove_prefix(1);
    } else if (rest.empty() || rest[0] != '}') {
      return "no comma after label " + name;
    }
  }
  if (rest.empty()) return "an open brace";
  rest.remove_prefix(1);
  return {};
}

inline std::string_view TakeWord(std::string_view& rest) {
  const size_t space = rest.find(' ');
  const std::string_view word = rest.substr(0, space);
  rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  return word;
}

// A sample line; timestamps are refused, exemplars only where `exemplars` allows them.
inline std::string ReadSample(std::string_view line, bool exemplars, Sample* sample) {
  const size_t name_end = line.find_first_of("{ ");
  if (name_end == std::string_view::npos) return "a line without value";
  sample->name = line.substr(0, name_end);
  if (!IsName(sample->name, true)) return "a bad metric name: " + sample->name;
  line.remove_prefix(name_end);
  if (line[0] == '{') {
    if (std::string problem = ReadLabels(line, &sample->labels); !problem.empty()) return problem;
  }
  if (line.empty() || line[0] != ' ') return "no space before the value";
  line.remove_prefix(1);
  const size_t hash = line.find(" # ");
  std::string_view value = line.substr(0, hash);
  if (!ReadNumber(value, &sample->value)) return "a bad value: " + std::string(value);
  if (hash == std::string_view::npos) return {};
  if (!exemplars) return "an exemplar where the format has none";
  line.remove_prefix(hash + 3);
  sample->has_exemplar = true;
  if (line.empty() || line[0] != '{') return "an exemplar without labels";
  if (std::string problem = ReadLabels(line, &sample->exemplar_labels); !problem.empty()) {
    return "exemplar: " + problem;
  }
  if (line.empty() || line[0] != ' ') return "an exemplar without value";
  line.remove_prefix(1);
  double timestamp = 0;
  const std::string_view number = TakeWord(line);
  if (!ReadNumber(number, &sample->exemplar_value)) return "a bad exemplar value";
  if (!line.empty() && !ReadNumber(line, &timestamp)) return "a bad exemplar timestamp";
  return {};
}

}  // namespace detail
}  // namespace pillion::exposition
