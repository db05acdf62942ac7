// Prints the page of every type: `print_page text`, `openmetrics` or `protobuf`.
#include "core/exposition/page_fixture.hpp"

#include <cstdio>
#include <string>
#include <string_view>

int main(int argc, char** argv) {
  const auto snapshots = pillion::test::EveryType();
  const std::string_view format = argc > 1 ? argv[1] : "text";
  const std::string page = format == "protobuf"      ? pillion::test::Protobuf(snapshots)
                           : format == "openmetrics" ? pillion::test::OpenMetrics(snapshots)
                                                     : pillion::test::Text(snapshots);
  std::fwrite(page.data(), 1, page.size(), stdout);
  return 0;
}
