#include "parse/parser.hpp"
#include "parse/protobuf_parser.hpp"
#include "parse/text_parser.hpp"

#include <algorithm>

namespace pillion::parse {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The value of a parameter without its quotes; nothing: it is not there.
std::optional<std::string> Parameter(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    const size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view one = Trim(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const size_t equals = one.find('=');
    if (equals == std::string_view::npos || Lower(Trim(one.substr(0, equals))) != name) continue;
    std::string_view value = Trim(one.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return std::nullopt;
}

}  // namespace

std::string_view ToString(Syntax syntax) {
  switch (syntax) {
    case Syntax::kText: return "text";
    case Syntax::kOpenMetrics: return "openmetrics";
    case Syntax::kProtobuf: break;
  }
  return "protobuf";
}

std::optional<Syntax> SyntaxOf(std::string_view content_type) {
  const size_t semicolon = std::min(content_type.find(';'), content_type.size());
  const std::string type = Lower(Trim(content_type.substr(0, semicolon)));
  const std::string_view parameters =
      content_type.substr(std::min(semicolon + 1, content_type.size()));
  if (type == "text/plain") return Syntax::kText;
  if (type == "application/openmetrics-text") return Syntax::kOpenMetrics;
  if (type != "application/vnd.google.protobuf") return std::nullopt;
  const bool family = Parameter(parameters, "proto") == "io.prometheus.client.MetricFamily";
  if (!family || Parameter(parameters, "encoding") != "delimited") return std::nullopt;
  return Syntax::kProtobuf;
}

std::unique_ptr<Parser> MakeParser(Syntax syntax, const Limits& limits, Visitor* visitor) {
  if (syntax == Syntax::kProtobuf) return std::make_unique<ProtobufParser>(limits, visitor);
  return std::make_unique<TextParser>(syntax, limits, visitor);
}

}  // namespace pillion::parse
