#include "exposition/format.hpp"

#include <doctest/doctest.h>

#include <string>

namespace pillion {
namespace {

// As scrapers send them.
constexpr std::string_view kPrometheus242 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
constexpr std::string_view kPrometheus242Native =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
    "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;"
    "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
constexpr std::string_view kPrometheus253Native =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
    "q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,application/openmetrics-text;"
    "version=0.0.1;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
constexpr std::string_view kPrometheus253 =
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
constexpr std::string_view kPrometheus314 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
    "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
constexpr std::string_view kPrometheus314Native =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
    "q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
    "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
constexpr std::string_view kVmagent = "text/plain;version=0.0.4;q=1,*/*;q=0.1";

void CheckAccept(std::string_view header, double openmetrics, double text, double protobuf = 0) {
  CAPTURE(header);
  const Acceptance a = ParseAccept(header);
  CHECK(a[Format::kOpenMetrics100].q == openmetrics);
  CHECK(a[Format::kText004].q == text);
  CHECK(a[Format::kProtobuf].q == protobuf);
}

Format Choose(std::string_view header, OpenMetricsMode mode, bool clean) {
  return ChooseFormat(ParseAccept(header), mode, clean);
}

TEST_CASE("headers of real scrapers are understood") {
  CheckAccept(kPrometheus242, 1, 0.5);
  CheckAccept(kPrometheus242Native, 0.8, 0.5, 1);
  CheckAccept(kPrometheus253, 0.5, 0.3);
  CheckAccept(kPrometheus253Native, 0.4, 0.2, 0.5);
  CheckAccept(kPrometheus314, 0.6, 0.4);
  CheckAccept(kPrometheus314Native, 0.5, 0.3, 0.6);
  CheckAccept(kVmagent, 0, 1);
  CheckAccept("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", 0, 0.8);
  CheckAccept("*/*", 0, 1);
}

TEST_CASE("a header that names nothing of ours takes text") {
  for (const std::string_view header :
       {"", " ", ",", ";", ";;,,==", "application/json", "text/html", "text/plain;version=1.0.1",
        "application/vnd.google.protobuf", "application/vnd.google.protobuf;encoding=delimited",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
        "application/vnd.google.protobuf;proto=another.Message;encoding=delimited",
        "application/openmetrics-text;version=0.0.1", "text/plain;q=0", "*/*;q=0",
        "application/openmetrics-text;q=0"}) {
    CheckAccept(header, 0, 1);
  }
}

TEST_CASE("a client that takes only OpenMetrics gets it") {
  CheckAccept("application/openmetrics-text", 1, 0);
  CheckAccept("application/openmetrics-text;version=1.0.0;q=0.2", 0.2, 0);
  CheckAccept("application/openmetrics-text, text/plain;q=0, */*;q=0.5", 1, 0);
}

TEST_CASE("case and spaces and quotes and order of parameters do not matter") {
  CheckAccept("Application/OpenMetrics-Text ; Q=0.5 ; VERSION=\"1.0.0\"", 0.5, 0);
  CheckAccept("\ttext/PLAIN;charset=utf-8;version=0.0.4;q=0.25", 0, 0.25);
  CheckAccept("text/plain;x=\"a,b;q=0\";q=0.5", 0, 0.5);
  CheckAccept("text/plain;x=\"a\\\",b\";q=0.5", 0, 0.5);
}

TEST_CASE("q-values are read in every usual spelling") {
  CheckAccept("text/plain;q=1.000", 0, 1);
  CheckAccept("text/plain;q=0.333", 0, 0.333);
  CheckAccept("text/plain;q=.5", 0, 0.5);
  CheckAccept("text/plain;q=1.", 0, 1);
  CheckAccept("text/plain;q=7", 0, 1);
  CheckAccept("text/plain;q=99999999999999999999999999999999", 0, 1);
  CheckAccept("text/plain;q=0.1234567891234567", 0, 0.123456789);
}

TEST_CASE("a clause with a broken q-value does not count") {
  for (const std::string_view q : {"x", "", "-1", "0.5.5", "1e3", "nan", "0,5"}) {
    const std::string header =
        "application/openmetrics-text;q=" + std::string(q) + ",text/plain;q=0.5";
    CAPTURE(header);
    CheckAccept(header, 0, 0.5);
  }
}

TEST_CASE("a named type outweighs a wildcard and the highest of equal names counts") {
  CheckAccept("*/*;q=0.9,text/plain;q=0.1,application/openmetrics-text;q=0.5", 0.5, 0.1);
  CheckAccept("text/*;q=0.4,application/openmetrics-text;q=0.5", 0.5, 0.4);
  CheckAccept("text/plain;q=0.1,text/plain;version=0.0.4;q=0.7", 0, 0.7);
}

TEST_CASE("hostile headers are read within bounds") {
  CheckAccept(std::string(1 << 20, ','), 0, 1);
  CheckAccept(std::string(1 << 20, '"'), 0, 1);
  CheckAccept(std::string(100'000, 'a') + ",application/openmetrics-text", 0, 1);
  CheckAccept("text/plain;q=\"", 0, 1);
  CheckAccept("text/plain;q=\"\\", 0, 1);
  CheckAccept(std::string("text/plain\0;q=0.5", 17), 0, 1);
  CheckAccept("\xff\xfe,text/plain;q=0.5", 0, 0.5);
}

TEST_CASE("auto serves OpenMetrics only where nothing changes for it") {
  CHECK(Choose(kPrometheus242, OpenMetricsMode::kAuto, true) == Format::kOpenMetrics100);
  CHECK(Choose(kPrometheus242, OpenMetricsMode::kAuto, false) == Format::kText004);
  CHECK(Choose(kPrometheus314, OpenMetricsMode::kAuto, true) == Format::kOpenMetrics100);
  CHECK(Choose(kVmagent, OpenMetricsMode::kAuto, true) == Format::kText004);
  CHECK(Choose("", OpenMetricsMode::kAuto, true) == Format::kText004);
}

TEST_CASE("always and never mean it unless the client takes nothing else") {
  CHECK(Choose(kPrometheus242, OpenMetricsMode::kAlways, false) == Format::kOpenMetrics100);
  CHECK(Choose(kVmagent, OpenMetricsMode::kAlways, false) == Format::kText004);
  CHECK(Choose(kPrometheus242, OpenMetricsMode::kNever, true) == Format::kText004);
  for (const auto mode :
       {OpenMetricsMode::kAuto, OpenMetricsMode::kAlways, OpenMetricsMode::kNever}) {
    CHECK(Choose("application/openmetrics-text", mode, false) == Format::kOpenMetrics100);
  }
}

TEST_CASE("a tie goes to the format that the client named first") {
  const auto choose = [](std::string_view header) {
    return Choose(header, OpenMetricsMode::kAuto, true);
  };
  CHECK(choose("application/openmetrics-text,text/plain") == Format::kOpenMetrics100);
  CHECK(choose("text/plain,application/openmetrics-text") == Format::kText004);
  CHECK(choose("*/*,application/openmetrics-text") == Format::kText004);
  CHECK(choose("application/openmetrics-text,*/*") == Format::kOpenMetrics100);
}

TEST_CASE("gzip is used only when asked for") {
  for (const std::string_view header : {"gzip", "GZIP", "gzip;q=0.1", "*", "deflate, gzip;q=1.0",
                                        "gzip, identity", "x-gzip", "br;q=1, *;q=0.5"}) {
    CAPTURE(header);
    CHECK(ChooseEncoding(header) == Encoding::kGzip);
  }
  for (const std::string_view header :
       {"", "identity", "gzip;q=0", "gzip;q=0.000", "deflate", "br", "*;q=0", "gzip;q=0, *",
        "gzip;q=x", "notgzip", "gzip;q=0.5, identity;q=1"}) {
    CAPTURE(header);
    CHECK(ChooseEncoding(header) == Encoding::kIdentity);
  }
}

TEST_CASE("zstd is used when it is named and not less wanted than gzip") {
  for (const std::string_view header :
       {"zstd", "ZSTD;q=0.1", "gzip, zstd", "gzip, deflate, br, zstd", "gzip;q=0.5, zstd;q=0.9",
        "gzip;q=0, zstd", "*;q=0.1, zstd;q=0.2", "zstd, identity"}) {
    CAPTURE(header);
    CHECK(ChooseEncoding(header) == Encoding::kZstd);
  }
  CHECK(ChooseEncoding("gzip, zstd;q=0.9") == Encoding::kGzip);
  CHECK(ChooseEncoding("*") == Encoding::kGzip);
  CHECK(ChooseEncoding("zstd;q=0, *") == Encoding::kGzip);
  for (const std::string_view header : {"zstd;q=0", "zstd;q=0.5, identity", "zstd;q=x", "zst"}) {
    CAPTURE(header);
    CHECK(ChooseEncoding(header) == Encoding::kIdentity);
  }
}

TEST_CASE("protobuf is served to those who prefer it whatever the mode") {
  for (const bool clean : {true, false}) {
    for (const auto mode :
         {OpenMetricsMode::kAuto, OpenMetricsMode::kAlways, OpenMetricsMode::kNever}) {
      CHECK(Choose(kPrometheus242Native, mode, clean) == Format::kProtobuf);
      CHECK(Choose(kPrometheus253Native, mode, clean) == Format::kProtobuf);
      CHECK(Choose(kPrometheus314Native, mode, clean) == Format::kProtobuf);
    }
  }
}

// The answer to a header, for a page that OpenMetrics can say.
std::string TypeFor(std::string_view header, OpenMetricsMode mode = OpenMetricsMode::kAuto) {
  const Acceptance a = ParseAccept(header);
  return ContentType(ChooseFormat(a, mode, true), a);
}

TEST_CASE("content types are the ones that scrapers insist on") {
  const std::string text = "text/plain; version=0.0.4; charset=utf-8";
  const std::string open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  const std::string protobuf =
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
      "encoding=delimited";
  CHECK(ContentType(Format::kText004) == text);
  CHECK(TypeFor("") == text);
  CHECK(TypeFor(kVmagent) == text);
  CHECK(TypeFor(kPrometheus242) == open);
  CHECK(TypeFor(kPrometheus242, OpenMetricsMode::kNever) == text);
  CHECK(TypeFor(kPrometheus242Native) == protobuf);
  CHECK(TypeFor(kPrometheus253) == open);
  CHECK(TypeFor(kPrometheus253Native) == protobuf);
  CHECK(TypeFor(kPrometheus314) == open + "; escaping=allow-utf-8");
  CHECK(TypeFor(kPrometheus314, OpenMetricsMode::kNever) ==
        "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8");
  CHECK(TypeFor(kPrometheus314Native) == protobuf);  // its clause names no escaping
  for (const Format format : {Format::kText004, Format::kOpenMetrics100, Format::kProtobuf}) {
    CHECK(ToString(format) == (format == Format::kText004          ? "text"
                               : format == Format::kOpenMetrics100 ? "openmetrics"
                                                                   : "protobuf"));
  }
}

TEST_CASE("the escaping that was named last up to the clause taken counts") {
  const auto escaping = [](std::string_view header) {
    const std::string type = TypeFor(header, OpenMetricsMode::kNever);
    const size_t at = type.find("escaping=");
    return at == std::string::npos ? "" : type.substr(at + 9);
  };
  for (const char* name : {"underscores", "allow-utf-8", "dots", "values"}) {
    CHECK(escaping(std::string("text/plain;escaping=") + name) == name);
    CHECK(escaping(std::string("text/plain;ESCAPING=\"") + name + "\"") == name);
  }
  CHECK(escaping("text/plain;escaping=other") == "");
  CHECK(escaping("text/plain;escaping=") == "");
  // A better clause that we don't take counts, a worse one does not.
  CHECK(escaping("application/json;escaping=dots,text/plain;q=0.5") == "dots");
  CHECK(escaping("application/openmetrics-text;escaping=dots,text/plain;q=0.5") == "dots");
  CHECK(escaping("text/plain,application/json;q=0.5;escaping=dots") == "");
  CHECK(escaping("a/b;escaping=dots;q=0.9,c/d;escaping=values;q=0.8,text/plain;q=0.5") == "values");
  CHECK(escaping("c/d;escaping=values;q=0.8,a/b;escaping=dots;q=0.9,text/plain;q=0.5") == "values");
  CHECK(escaping("a/b;escaping=dots,c/d;escaping=values,text/plain") == "values");
  CHECK(escaping("text/plain;version=0.0.4;q=0.5;escaping=values,text/plain;version=1.0.0;q=0.6") ==
        "");
  CHECK(escaping("application/json;escaping=dots") == "dots");  // nothing of ours: text
  CHECK(escaping("*/*;escaping=dots") == "dots");
}

TEST_CASE("text is 1.0.0 for those who prefer it so") {
  const std::string v1 = "text/plain; version=1.0.0; charset=utf-8";
  const std::string v004 = "text/plain; version=0.0.4; charset=utf-8";
  CHECK(TypeFor("text/plain;version=1.0.0") == v1);
  CHECK(TypeFor("text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3") == v1);
  CHECK(TypeFor("text/plain;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.3") == v004);
  CHECK(TypeFor("text/plain;version=0.0.4,text/plain;version=1.0.0") == v004);
  CHECK(TypeFor("text/plain;version=1.0.0;q=0") == v004);
  CHECK(TypeFor("text/plain") == v004);
}

}  // namespace
}  // namespace pillion
