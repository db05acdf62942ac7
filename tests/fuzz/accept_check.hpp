// What must hold for any Accept or Accept-Encoding header, however broken.
#pragma once

#include "exposition/format.hpp"

#include <string>
#include <string_view>

namespace pillion::fuzz {

// What is violated, or an empty string.
inline std::string WhatIsWrongWithAccept(std::string_view header) {
  const Acceptance a = ParseAccept(header);
  if (!(a.text >= 0 && a.text <= 1)) return "the q-value of text is not in 0..1";
  if (!(a.openmetrics >= 0 && a.openmetrics <= 1)) return "that of OpenMetrics is not in 0..1";
  if (a.text == 0 && a.openmetrics == 0) return "nothing is taken";
  for (const bool clean : {false, true}) {
    const Format never = ChooseFormat(a, OpenMetricsMode::kNever, clean);
    const Format automatic = ChooseFormat(a, OpenMetricsMode::kAuto, clean);
    const Format always = ChooseFormat(a, OpenMetricsMode::kAlways, clean);
    if (never == Format::kOpenMetrics100 && a.text > 0) return "never, but OpenMetrics";
    if (automatic != (clean ? always : never)) return "auto is neither always nor never";
    if (always == Format::kOpenMetrics100 && a.openmetrics == 0) return "OpenMetrics unasked";
  }
  // What stands beyond the bound does not count.
  std::string longer(header.substr(0, kAcceptBytesMax));
  longer.resize(kAcceptBytesMax, ' ');
  const Acceptance same = ParseAccept(longer + ",application/openmetrics-text,text/plain");
  if (same.text != a.text || same.openmetrics != a.openmetrics) return "the bound is not kept";
  const bool names_gzip = header.find_first_of("gG*xX") != std::string_view::npos;
  if (ChooseEncoding(header) == Encoding::kGzip && !names_gzip) return "gzip unasked";
  return {};
}

}  // namespace pillion::fuzz
