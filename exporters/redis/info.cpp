#include "info.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace pillion::redis {
namespace {

struct SectionName {
  std::string_view name;
  Section section;
};
constexpr SectionName kSectionNames[] = {
    {"Server", Section::kServer},
    {"Replication", Section::kReplication},
    {"Commandstats", Section::kCommandstats},
    {"Latencystats", Section::kLatencystats},
    {"Errorstats", Section::kErrorstats},
    {"Keyspace", Section::kKeyspace},
    {"Sentinel", Section::kSentinel},
    {"Cluster Info", Section::kClusterInfo},
};

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  return text;
}

// Takes the next line off `rest`, without its end.
std::string_view TakeLine(std::string_view& rest) {
  const void* end = std::memchr(rest.data(), '\n', rest.size());
  if (end == nullptr) {
    const std::string_view line = rest;
    rest = {};
    return line;
  }
  const auto size = static_cast<size_t>(static_cast<const char*>(end) - rest.data());
  const std::string_view line = rest.substr(0, size);
  rest.remove_prefix(size + 1);
  return line;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<InfoField> FieldCursor::Next() {
  while (!rest_.empty()) {
    const std::string_view line = Trim(TakeLine(rest_));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || line[0] == '#') continue;
    return InfoField{line.substr(0, colon), line.substr(colon + 1)};
  }
  return std::nullopt;
}

std::optional<InfoField> PairCursor::Next() {
  if (rest_.empty()) return std::nullopt;
  const size_t comma = std::min(rest_.find(','), rest_.size());
  const std::string_view pair = rest_.substr(0, comma);
  rest_.remove_prefix(std::min(comma + 1, rest_.size()));
  const size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return InfoField{pair, {}};
  return InfoField{pair.substr(0, equals), pair.substr(equals + 1)};
}

Info::Info(std::string_view text) {
  constexpr size_t kUsualFields = 256;
  if (!text.empty()) plain_.reserve(kUsualFields);
  std::string_view name;
  const char* begin = text.data();
  std::string_view rest = text;
  while (!rest.empty()) {
    const char* line_begin = rest.data();
    const std::string_view line = TakeLine(rest);
    if (!line.starts_with("# ")) continue;
    Append(name, {begin, static_cast<size_t>(line_begin - begin)});
    name = Trim(line.substr(2));
    begin = line_begin + line.size();
  }
  Append(name, {begin, static_cast<size_t>(text.data() + text.size() - begin)});
}

void Info::Append(std::string_view name, std::string_view body) {
  if (count_ == parts_.size()) return;
  if (name.empty() && body.empty()) return;
  Part part{Section::kPlain, body, name};
  for (const SectionName& known : kSectionNames) {
    if (known.name == name) part.section = known.section;
  }
  if (part.section != Section::kPlain && Has(part.section)) return;
  part.first_field = static_cast<uint32_t>(plain_.size());
  if (HasPlainFields(part.section)) {
    for (FieldCursor at(body); plain_.size() < kPlainFieldsMax;) {
      const auto field = at.Next();
      if (!field) break;
      plain_.push_back(*field);
    }
  }
  part.field_count = static_cast<uint32_t>(plain_.size()) - part.first_field;
  parts_[count_++] = part;
}

std::string_view Info::Body(Section section) const {
  for (const Part& part : parts()) {
    if (part.section == section) return part.body;
  }
  return {};
}

bool Info::Has(Section section) const {
  return std::any_of(parts().begin(), parts().end(),
                     [&](const Part& part) { return part.section == section; });
}

bool HasPlainFields(Section section) {
  switch (section) {
    case Section::kPlain:
    case Section::kServer:
    case Section::kReplication:
    case Section::kSentinel: return true;
    case Section::kCommandstats:
    case Section::kLatencystats:
    case Section::kErrorstats:
    case Section::kKeyspace:
    case Section::kClusterInfo: break;
  }
  return false;
}

std::optional<double> ToDouble(std::string_view text) {
  // Most of INFO are whole numbers, and up to 15 digits they are exact.
  if (!text.empty() && text.size() <= 15 && std::all_of(text.begin(), text.end(), IsDigit)) {
    uint64_t whole = 0;
    for (const char c : text) whole = whole * 10 + static_cast<uint64_t>(c - '0');
    return static_cast<double>(whole);
  }
  double value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<double> ToValue(std::string_view text) {
  if (text == "ok" || text == "true") return 1;
  if (text == "err" || text == "fail" || text == "false") return 0;
  return ToDouble(text);
}

Version ToVersion(std::string_view text) {
  Version version;
  const auto end = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), end, version.major);
  if (error != std::errc() || version.major < 0) return {};
  if (dot != end && *dot == '.' && std::from_chars(dot + 1, end, version.minor).ec != std::errc()) {
    return {version.major, 0};
  }
  return version;
}

bool IsNumbered(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix) || text.size() == prefix.size()) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(prefix.size()), text.end(),
                     IsDigit);
}

}  // namespace pillion::redis
