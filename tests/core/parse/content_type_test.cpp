#include "parse/parser.hpp"

#include <doctest/doctest.h>

namespace pillion::parse {
namespace {

TEST_CASE("a Content-Type tells the syntax") {
  CHECK(SyntaxOf("text/plain; version=0.0.4; charset=utf-8") == Syntax::kText);
  CHECK(SyntaxOf("Text/Plain") == Syntax::kText);
  CHECK(SyntaxOf("text/plain;version=1.0.0;escaping=allow-utf-8") == Syntax::kText);
  CHECK(SyntaxOf(" application/openmetrics-text ; version=1.0.0; charset=utf-8") ==
        Syntax::kOpenMetrics);
  CHECK(SyntaxOf("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                 "encoding=delimited") == Syntax::kProtobuf);
  CHECK(SyntaxOf("application/vnd.google.protobuf;Encoding=\"delimited\" ; x ; "
                 "PROTO=io.prometheus.client.MetricFamily") == Syntax::kProtobuf);
}

TEST_CASE("another Content-Type tells nothing") {
  for (const char* type : {"", ";", "text/html", "text/plainx", "application/json",
                           "application/vnd.google.protobuf; encoding=delimited",
                           "application/vnd.google.protobuf; "
                           "proto=io.prometheus.client.MetricFamily; encoding=text"}) {
    CAPTURE(type);
    CHECK_FALSE(SyntaxOf(type).has_value());
  }
}

}  // namespace
}  // namespace pillion::parse
