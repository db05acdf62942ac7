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

}  // namespace

Result<PageQuery> ParsePageQuery(std::string_view query) {
  PageQuery out;
  size_t values = 0;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = pair.find('=');
    const auto key = DecodeValue(pair.substr(0, equals));
    if (!key) return Error{Reason::kProtocol, "a %-escape of the query is broken"};
    std::vector<std::string>* list = ListOf(*key, out);
    if (list == nullptr) continue;
    auto value = DecodeValue(equals == pair.npos ? std::string_view() : pair.substr(equals + 1));
    if (!value) return Error{Reason::kProtocol, "a %-escape of the query is broken"};
    if (++values > PageQuery::kValuesMax) {
      return Error{Reason::kLimit, "the query has more than 1000 values"};
    }
    list->push_back(std::move(*value));
  }
  if (!out.collect.empty() && !out.exclude.empty()) {
    return Error{Reason::kProtocol, "collect[] and exclude[] can't be combined"};
  }
  return out;
}

}  // namespace pillion
