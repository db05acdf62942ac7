// Prints the page of every type: `print_page text` or `print_page openmetrics`.
#include "core/exposition/page_fixture.hpp"

#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
  const auto snapshots = pillion::test::EveryType();
  const bool open = argc > 1 && std::string_view(argv[1]) == "openmetrics";
  const std::string page =
      open ? pillion::test::OpenMetrics(snapshots) : pillion::test::Text(snapshots);
  std::fwrite(page.data(), 1, page.size(), stdout);
  return 0;
}
