// Escaping of text that others chose (instance names, error messages, facts of a server) into the
// documents that this folder makes. Pure; any bytes may come in.
#pragma once

#include <string>
#include <string_view>

namespace pillion {

// For element content and double-quoted attributes. Control characters and bytes that are not
// UTF-8 become U+FFFD, so that a page is always well-formed.
std::string EscapeHtml(std::string_view text);

// With the quotes around it. The same for bytes that are not UTF-8; control characters as \u00xx.
// '<', '>' and '&' are escaped too, so that the JSON is harmless wherever it is shown.
std::string JsonString(std::string_view text);

// A finite number in its shortest form; JSON has no others, so those become 0.
std::string JsonNumber(double value);

}  // namespace pillion
