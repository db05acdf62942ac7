// How a text line begins: `name`, or `{"my.name"` where the name must be quoted. Pure.
#pragma once

#include "model/name.hpp"

#include <string>
#include <string_view>

namespace pillion {

// Appends a metric name as it stands in `# TYPE name type`. `legacy`: IsLegacyMetricName(name),
// which whoever plans a page finds out once for each family.
inline void AppendMetricName(std::string& out, std::string_view name, bool legacy) {
  if (legacy) {
    out.append(name);
  } else {
    AppendQuoted(out, name);
  }
}

struct SampleName {
  std::string start;
  bool in_braces = false;  // labels follow behind a comma, and a brace closes it in any case

  // Keeps the memory that it has: a page has hundreds of names.
  void Set(std::string_view stem, std::string_view suffix, bool legacy) {
    in_braces = !legacy;
    if (legacy) {
      start.assign(stem).append(suffix);
    } else {
      start = '{';
      AppendQuoted(start, std::string(stem).append(suffix));
    }
  }

  char before_labels() const { return in_braces ? ',' : '{'; }
};

}  // namespace pillion
