#include "lint/naming.hpp"

#include "parse/characters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace pillion::lint {
namespace {

struct Unit {
  std::string_view name, base;
};
constexpr Unit kUnits[] = {
    {"amperes", "amperes"}, {"bytes", "bytes"},        {"celsius", "celsius"},
    {"grams", "grams"},     {"joules", "joules"},      {"kelvin", "kelvin"},
    {"meters", "meters"},   {"metres", "metres"},      {"moles", "moles"},
    {"seconds", "seconds"}, {"volts", "volts"},        {"minutes", "seconds"},
    {"hours", "seconds"},   {"days", "seconds"},       {"weeks", "seconds"},
    {"kelvins", "kelvin"},  {"fahrenheit", "celsius"}, {"rankine", "celsius"},
    {"inches", "meters"},   {"yards", "meters"},       {"miles", "meters"},
    {"bits", "bytes"},      {"calories", "joules"},    {"pounds", "grams"},
    {"ounces", "grams"},
};
constexpr std::string_view kPrefixes[] = {
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo",
    "kibi", "mega", "mibi",  "giga",  "gibi",  "tera", "tebi", "peta",  "pebi",
};
constexpr std::string_view kAbbreviations[] = {"s",  "ms", "us", "ns", "sec", "b", "kb",
                                               "mb", "gb", "tb", "pb", "m",   "h", "d"};
constexpr std::string_view kTypeNames[] = {"counter", "gauge", "summary", "histogram",
                                           "gauge_histogram"};
constexpr std::string_view kScraperNames[] = {
    "up", "scrape_duration_seconds", "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling", "scrape_series_added"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

bool IsCamelCase(std::string_view name) {
  for (size_t i = 1; i < name.size(); ++i) {
    const char before = name[i - 1], here = name[i];
    if (before >= 'a' && before <= 'z' && here >= 'A' && here <= 'Z') return true;
  }
  return false;
}

// As words between underscores, the first one excepted.
bool HoldsWords(std::string_view name, std::string_view words) {
  const std::string inner = fmt::format("_{}_", words);
  return name.find(inner) != std::string_view::npos ||
         name.ends_with(std::string_view(inner).substr(0, inner.size() - 1));
}

const Unit* FindUnit(std::string_view word) {
  const auto* const found = std::find_if(std::begin(kUnits), std::end(kUnits),
                                         [&](const Unit& unit) { return unit.name == word; });
  return found == std::end(kUnits) ? nullptr : found;
}

// The first word of the name that is a unit, and its base unit.
std::pair<std::string_view, const Unit*> UnitOf(std::string_view name) {
  while (!name.empty()) {
    const size_t end = std::min(name.find('_'), name.size());
    const std::string_view word = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    if (const Unit* const unit = FindUnit(word)) return {word, unit};
    for (const std::string_view prefix : kPrefixes) {
      if (!word.starts_with(prefix)) continue;
      if (const Unit* const unit = FindUnit(word.substr(prefix.size()))) return {word, unit};
    }
  }
  return {{}, nullptr};
}

void CheckSuffixes(const Family& family, Reporter& reporter) {
  const std::string_view name = family.name;
  const auto report = [&](const Rule& rule, std::string_view what) {
    reporter.Report(family.position, rule, fmt::format("{} {}", name, what));
  };
  const bool total = name.ends_with("_total");
  if (family.type == MetricType::kCounter) {
    // In OpenMetrics the samples have the suffix, and that is counter-total's matter.
    if (!total && !reporter.openmetrics()) report(kCounterSuffix, "is a counter without _total");
  } else if (total && family.type != MetricType::kUnknown) {
    report(kTotalSuffix, "ends in _total and is no counter");
  }
  if (family.type == MetricType::kUnknown) return;
  const bool histogram =
      family.type == MetricType::kHistogram || family.type == MetricType::kGaugeHistogram;
  if (!histogram && name.ends_with("_bucket")) {
    report(kReservedSuffix, "ends in _bucket and is no histogram");
  }
  if (!histogram && family.type != MetricType::kSummary) {
    for (const std::string_view suffix : {"_count", "_sum"}) {
      if (!name.ends_with(suffix)) continue;
      report(kReservedSuffix, fmt::format("ends in {} and is no histogram or summary", suffix));
    }
  }
}

}  // namespace

void CheckFamilyName(const Family& family, Reporter& reporter) {
  if (!reporter.options().warnings) return;
  const std::string_view name = family.name;
  const auto report = [&](const Rule& rule, std::string text) {
    reporter.Report(family.position, rule, std::move(text));
  };
  if (!family.helped) report(kNoHelp, fmt::format("{} has no HELP text", name));
  CheckSuffixes(family, reporter);
  const auto [unit, base] = UnitOf(name);
  if (base != nullptr && unit != base->base) {
    report(kBaseUnit, fmt::format("{} is in {}, the base unit is {}", name, unit, base->base));
  }
  const std::string lower = Lower(name);
  for (const std::string_view type : kTypeNames) {
    if (HoldsWords(lower, type)) report(kTypeInName, fmt::format("{} says {}", name, type));
  }
  for (const std::string_view abbreviation : kAbbreviations) {
    if (!HoldsWords(lower, abbreviation)) continue;
    report(kAbbreviatedUnit, fmt::format("{} has the abbreviation {}", name, abbreviation));
  }
  if (name.find(':') != std::string_view::npos) report(kColon, fmt::format("{} has a colon", name));
  if (IsCamelCase(name)) report(kCamelCase, fmt::format("{} is not snake_case", name));
  if (std::find(std::begin(kScraperNames), std::end(kScraperNames), name) !=
      std::end(kScraperNames)) {
    report(kScraperName, fmt::format("{} is what Prometheus adds to each scrape", name));
  }
  if (!parse::IsMetricName(name)) report(kUtf8Name, "this name needs quotes");
}

void CheckLabelName(const Family& family, const parse::Label& label, const parse::Position& line,
                    Reporter& reporter) {
  // Labels of protobuf have no place of their own.
  const parse::Position position{line.line, label.column > 0 ? label.column : line.column};
  const std::string_view name = label.name;
  if (name.starts_with("__")) {
    reporter.Report(position, kReservedLabel, fmt::format("the label {} of {}", name, family.name));
  }
  if (!reporter.options().warnings) return;
  if (IsCamelCase(name)) {
    reporter.Report(position, kCamelCase,
                    fmt::format("the label {} of {} is not snake_case", name, family.name));
  }
  if (!parse::IsLabelName(name)) {
    reporter.Report(position, kUtf8Name, fmt::format("a label of {} needs quotes", family.name));
  }
  if (family.type == MetricType::kUnknown) return;
  const bool histogram =
      family.type == MetricType::kHistogram || family.type == MetricType::kGaugeHistogram;
  if ((name == "le" && !histogram) || (name == "quantile" && family.type != MetricType::kSummary)) {
    reporter.Report(position, kDistributionLabel,
                    fmt::format("{} has the label {}", family.name, name));
  }
}

}  // namespace pillion::lint
