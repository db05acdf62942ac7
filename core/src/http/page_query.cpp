#include "http/page_query.hpp"

#include "http/request_rules.hpp"

#include <algorithm>
#include <optional>

namespace pillion {
namespace {

std::optional<std::string> DecodeValue(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return PercentDecode(spaced);
}

std::vector<std::string>* ListOf(std::string_view key, PageQuery& query) {
  if (key.ends_with("[]")) key.remove_suffix(2);
  if (key == "exporter") return &query.exporters;
  if (key == "instance") return &query.instances;
  if (key == "collect") return &query.collect;
  if (key == "exclude") return &query.exclude;
  if (key == "name") return &query.names;
  return nullptr;
}

// Calls `take` with each key whose value it wants, as told by what it returns: where to put it.
// False: an escape is broken.
template <typename Find, typename Take>
bool ForEachValue(std::string_view query, const Find& find, const Take& take) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = pair.find('=');
    const auto key = DecodeValue(pair.substr(0, equals));
    if (!key) return false;
    auto* const place = find(*key);
    if (place == nullptr) continue;
    auto value = DecodeValue(equals == pair.npos ? std::string_view() : pair.substr(equals + 1));
    if (!value) return false;
    take(*place, std::move(*value));
  }
  return true;
}

Error BrokenEscape() { return {Reason::kProtocol, "a %-escape of the query is broken"}; }

}  // namespace

Result<PageQuery> ParsePageQuery(std::string_view query) {
  PageQuery out;
  size_t values = 0;
  const bool whole = ForEachValue(
      query, [&](std::string_view key) { return ListOf(key, out); },
      [&](std::vector<std::string>& list, std::string value) {
        if (++values <= PageQuery::kValuesMax) list.push_back(std::move(value));
      });
  if (!whole) return BrokenEscape();
  if (values > PageQuery::kValuesMax) {
    return Error{Reason::kLimit, "the query has more than 1000 values"};
  }
  if (!out.collect.empty() && !out.exclude.empty()) {
    return Error{Reason::kProtocol, "collect[] and exclude[] can't be combined"};
  }
  return out;
}

Result<ProbeQuery> ParseProbeQuery(std::string_view query) {
  std::optional<std::string> target, module;
  bool twice = false;
  const bool whole = ForEachValue(
      query,
      [&](std::string_view key) -> std::optional<std::string>* {
        if (key == "target") return &target;
        return key == "module" || key == "auth_module" ? &module : nullptr;
      },
      [&](std::optional<std::string>& place, std::string value) {
        twice = twice || place.has_value();
        place = std::move(value);
      });
  if (!whole) return BrokenEscape();
  if (twice) return Error{Reason::kProtocol, "target and module may be given once"};
  if (!target || target->empty()) {
    return Error{Reason::kProtocol, "it names no target (target=HOST:PORT)"};
  }
  return ProbeQuery{*std::move(target), std::move(module).value_or("")};
}

}  // namespace pillion
