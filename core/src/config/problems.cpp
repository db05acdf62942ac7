#include "config/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace pillion {
namespace {

constexpr size_t kKeyBytesMax = 64;  // of one part of a path, as told

bool IsBareKey(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

}  // namespace

std::string Printable(std::string_view text, size_t bytes_max) {
  const bool cut = text.size() > bytes_max;
  if (cut) {
    size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out.append("\\n");
    } else if (byte < 0x20 || byte == 0x7F) {
      out.append(fmt::format("\\x{:02x}", byte));
    } else {
      out.push_back(c);
    }
  }
  if (cut) out.append("...");
  return out;
}

std::string JoinKey(std::string_view parent, std::string_view key) {
  std::string out(parent);
  if (!out.empty()) out.push_back('.');
  const bool bare = IsBareKey(key);
  if (!bare) out.push_back('"');
  out.append(Printable(key, kKeyBytesMax));
  if (!bare) out.push_back('"');
  return out;
}

Problems::Problems(std::vector<std::string> sources) : sources_(std::move(sources)) {}

std::string Problems::Where(const Place& place) const {
  std::string out = Printable(sources_[place.source]);
  if (!out.empty() && place.position.line != 0) {
    out.append(fmt::format(":{}:{}", place.position.line, place.position.column));
  }
  return out;
}

void Problems::Add(const Place& place, std::string_view key, std::string_view what, bool warning) {
  if (!warning) ++errors_;
  if (entries_.size() == kProblemsMax) {
    ++untold_;
    return;
  }
  std::string text = Where(place);
  for (const std::string_view part : {key, what}) {
    if (!text.empty() && !part.empty()) text.append(": ");
    text.append(part);
  }
  entries_.push_back({place, {std::move(text), warning}});
}

void Problems::Error(const Place& place, std::string_view key, std::string_view what) {
  Add(place, key, what, /*warning=*/false);
}

void Problems::Warn(const Place& place, std::string_view key, std::string_view what) {
  Add(place, key, what, /*warning=*/true);
}

std::vector<ConfigProblem> Problems::Take() {
  const auto order = [](const Entry& e) {
    return std::tie(e.place.source, e.place.position.line, e.place.position.column);
  };
  std::stable_sort(entries_.begin(), entries_.end(),
                   [&](const Entry& a, const Entry& b) { return order(a) < order(b); });
  std::vector<ConfigProblem> out;
  out.reserve(entries_.size() + 1);
  for (Entry& entry : entries_) out.push_back(std::move(entry.problem));
  if (untold_ > 0) {
    out.push_back({fmt::format("{} further problems are not shown", untold_), errors_ == 0});
  }
  return out;
}

}  // namespace pillion
