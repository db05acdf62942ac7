// The common look of the pages: one small style sheet, light and dark, inside the page.
#pragma once

#include <string>
#include <string_view>

namespace pillion {

// From <!DOCTYPE html> to <body>. `head` holds further elements of <head>; `title` is escaped
// here, `head` is not.
std::string PageHead(std::string_view title, std::string_view head);

}  // namespace pillion
