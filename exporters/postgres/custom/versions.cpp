#include "versions.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace pillion::postgres {
namespace {

constexpr int kNumberMax = 9999;

void SkipBlanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t,"), text.size()));
}

bool Take(std::string_view& text, std::string_view what) {
  if (text.substr(0, what.size()) != what) return false;
  text.remove_prefix(what.size());
  return true;
}

}  // namespace

std::optional<Versions::Comparison> Versions::ParseComparison(std::string_view& text) {
  static constexpr std::pair<std::string_view, Operator> kOperators[] = {
      {">=", Operator::kGreaterOrEqual},
      {"<=", Operator::kLessOrEqual},
      {"==", Operator::kEqual},
      {"!=", Operator::kNotEqual},
      {"!", Operator::kNotEqual},
      {">", Operator::kGreater},
      {"<", Operator::kLess},
      {"=", Operator::kEqual},
  };
  Comparison comparison{Operator::kEqual, {}, 0};
  for (const auto& [sign, is] : kOperators) {
    if (!Take(text, sign)) continue;
    comparison.is = is;
    break;
  }
  SkipBlanks(text);
  bool open = false;  // an x was there
  for (size_t i = 0; i < comparison.numbers.size(); ++i) {
    if (i > 0 && !Take(text, ".")) break;
    if (i > 0 && (Take(text, "x") || Take(text, "X") || Take(text, "*"))) {
      open = true;
      continue;
    }
    int number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || number < 0 || number > kNumberMax || open) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    comparison.numbers[i] = number;
    comparison.written = i + 1;
  }
  return comparison;
}

std::optional<Versions> Versions::Parse(std::string_view text) {
  if (text.size() > kTextBytesMax) return std::nullopt;
  Versions versions;
  std::vector<Comparison> range;
  for (SkipBlanks(text);; SkipBlanks(text)) {
    const bool or_else = Take(text, "||");
    if (text.empty() || or_else) {
      if (range.empty()) return std::nullopt;
      versions.ranges_.push_back(std::exchange(range, {}));
      if (!or_else) return versions;
      continue;
    }
    const auto comparison = ParseComparison(text);
    if (!comparison) return std::nullopt;
    if (!text.empty() && text[0] != ' ' && text[0] != '\t' && text[0] != ',' && text[0] != '|') {
      return std::nullopt;
    }
    range.push_back(*comparison);
  }
}

bool Versions::Holds(const Comparison& comparison, const Numbers& server) {
  int order = 0;  // of the server against what is written
  for (size_t i = 0; i < comparison.written && order == 0; ++i) {
    order = server[i] < comparison.numbers[i] ? -1 : server[i] > comparison.numbers[i] ? 1 : 0;
  }
  switch (comparison.is) {
    case Operator::kEqual: return order == 0;
    case Operator::kNotEqual: return order != 0;
    case Operator::kLess: return order < 0;
    case Operator::kLessOrEqual: return order <= 0;
    case Operator::kGreaterOrEqual: return order >= 0;
    case Operator::kGreater: return order > 0;
  }
  return false;
}

bool Versions::Has(int server) const {
  if (ranges_.empty()) return true;
  const Numbers numbers = server >= 100000
                              ? Numbers{server / 10000, server % 10000, 0}
                              : Numbers{server / 10000, server / 100 % 100, server % 100};
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const auto& range) {
    return std::all_of(range.begin(), range.end(),
                       [&](const Comparison& comparison) { return Holds(comparison, numbers); });
  });
}

}  // namespace pillion::postgres
