// What must hold for any Accept or Accept-Encoding header, however broken.
#pragma once

#include "exposition/format.hpp"

#include <string>
#include <string_view>

namespace pillion::fuzz {

// What is violated, or an empty string.
inline std::string WhatIsWrongWithAccept(std::string_view header) {
  const Acceptance a = ParseAccept(header);
  bool any = false;
  for (const Acceptance::Taken& taken : a.of) {
    if (!(taken.q >= 0 && taken.q <= 1)) return "a q-value is not in 0..1";
    any = any || taken.q > 0;
  }
  if (!any) return "nothing is taken";
  const bool others = a[Format::kText004].q > 0 || a[Format::kProtobuf].q > 0;
  for (const bool clean : {false, true}) {
    const Format never = ChooseFormat(a, OpenMetricsMode::kNever, clean);
    const Format automatic = ChooseFormat(a, OpenMetricsMode::kAuto, clean);
    const Format always = ChooseFormat(a, OpenMetricsMode::kAlways, clean);
    if (never == Format::kOpenMetrics100 && others) return "never, but OpenMetrics";
    if (automatic != (clean ? always : never)) return "auto is neither always nor never";
    for (const Format format : {never, automatic, always}) {
      if (!(a[format].q > 0)) return "a format unasked";
    }
  }
  // What stands beyond the bound does not count.
  std::string longer(header.substr(0, kAcceptBytesMax));
  longer.resize(kAcceptBytesMax, ' ');
  const Acceptance same =
      ParseAccept(longer + ",application/openmetrics-text;escaping=dots,text/plain");
  for (size_t i = 0; i < kFormats; ++i) {
    const Acceptance::Taken &one = a.of[i], &other = same.of[i];
    if (one.q != other.q || one.place != other.place || one.escaping != other.escaping) {
      return "the bound is not kept";
    }
  }
  const std::string type = ContentType(ChooseFormat(a, OpenMetricsMode::kAlways, true), a);
  if (type.size() > 200) return "the Content-Type is too long";
  if (ChooseEncoding(header) == Encoding::kZstd && header.find_first_of("zZ") == header.npos) {
    return "zstd unasked";
  }
  const bool names_gzip = header.find_first_of("gG*xX") != std::string_view::npos;
  if (ChooseEncoding(header) == Encoding::kGzip && !names_gzip) return "gzip unasked";
  return {};
}

}  // namespace pillion::fuzz
