// That a page which is not valid is noticed in a debug build.
#include "app/page_check.hpp"

#include "exposition/compress.hpp"
#include "log/log.hpp"

#include <doctest/doctest.h>

#include <cstdio>

namespace pillion {
namespace {

Body MakeBody(std::vector<std::string> chunks, Format format) {
  Body body;
  body.chunks = std::move(chunks);
  for (const std::string& chunk : body.chunks) body.size += chunk.size();
  body.format = format;
  return body;
}

TEST_CASE("a valid body has nothing wrong in any format") {
  CHECK(WhatIsInvalid(MakeBody({"# TYPE a gau", "ge\na 1\n"}, Format::kText004)).empty());
  CHECK(WhatIsInvalid(MakeBody({"# TYPE a gauge\na 1\n# EO", "F\n"}, Format::kOpenMetrics100))
            .empty());
  CHECK(WhatIsInvalid(MakeBody({}, Format::kProtobuf)).empty());
}

TEST_CASE("an invalid body is told by its first error") {
  CHECK(WhatIsInvalid(MakeBody({"a 1\na", " 1\nb x\n"}, Format::kText004))
            .starts_with("2: duplicate-series: "));
  CHECK(WhatIsInvalid(MakeBody({"a 1\n"}, Format::kOpenMetrics100)).starts_with("2: eof: "));
  CHECK(WhatIsInvalid(MakeBody({"a 1\n"}, Format::kProtobuf)).find("wire-format") !=
        std::string::npos);
}

Body Gzipped(const std::string& page, Format format) {
  GzipSink sink;
  for (size_t at = 0; at < page.size(); at += kChunkBytes) {
    sink.Write(std::string_view(page).substr(at, kChunkBytes));
  }
  Body body = MakeBody(sink.Finish(), format);
  body.encoding = Encoding::kGzip;
  return body;
}

TEST_CASE("a compressed body is looked into however large it is") {
  for (const int lines : {0, 1, 3000, 200'000}) {
    CAPTURE(lines);
    std::string page;
    for (int i = 0; i < lines; ++i) page += "a{b=\"" + std::to_string(i) + "\"} 1\n";
    CHECK(WhatIsInvalid(Gzipped(page, Format::kText004)).empty());
    page += "a{b=\"0\"} 1\na{b=\"0\"} 1\n";
    CHECK(WhatIsInvalid(Gzipped(page, Format::kText004)).find(": duplicate-series: ") !=
          std::string::npos);
  }
  Body cut = Gzipped("a 1\n", Format::kText004);
  cut.chunks.back().pop_back();
  CHECK(WhatIsInvalid(cut) == "the body cannot be decompressed");
}

// What is logged while `action` runs.
template <typename Action>
std::string Logged(Action action) {
  std::FILE* const file = std::tmpfile();
  REQUIRE(file != nullptr);
  SetLogDescriptor(fileno(file));
  action();
  SetLogDescriptor(2);
  std::string text(10'000, '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

TEST_CASE("an invalid body is logged once and a valid one never") {
  PageCheck check;
  const auto good = std::make_shared<const Body>(MakeBody({"a 1\n"}, Format::kText004));
  const auto bad = std::make_shared<const Body>(MakeBody({"a x\n"}, Format::kText004));
  CHECK(Logged([&] { check.Check(good); }).empty());
  CHECK(Logged([&] { check.Check(nullptr); }).empty());
  const std::string line = Logged([&] { check.Check(bad); });
  CHECK(line.find("level=error msg=\"invalid exposition\" format=text") != std::string::npos);
  CHECK(line.find("1: value: ") != std::string::npos);
  CHECK(Logged([&] { check.Check(bad); }).empty());
}

TEST_CASE("of large bodies some are looked at") {
  PageCheck check;
  std::string page(PageCheck::kLargeBytes, '#');
  page += "\na x\n";
  size_t found = 0;
  for (size_t i = 0; i < 2 * PageCheck::kLargeEvery; ++i) {
    const auto body = std::make_shared<const Body>(MakeBody({page}, Format::kText004));
    found += !Logged([&] { check.Check(body); }).empty();
  }
  CHECK(found == 2);
}

}  // namespace
}  // namespace pillion
