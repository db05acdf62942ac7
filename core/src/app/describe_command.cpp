#include "app/commands.hpp"
#include "app/setup.hpp"
#include "config/plugin_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace pillion {
namespace {

std::string_view TypeName(uint32_t option_type) {
  switch (option_type) {
    case PILLION_OPT_BOOL: return "bool";
    case PILLION_OPT_INT: return "integer";
    case PILLION_OPT_FLOAT: return "number";
    case PILLION_OPT_DURATION: return "duration";
    case PILLION_OPT_SIZE: return "size";
    case PILLION_OPT_STRING_LIST: return "list of strings";
    case PILLION_OPT_STRING_MAP: return "table of strings";
    case PILLION_OPT_RECORDS: return "list of tables";
    default: return "string";
  }
}

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
    case MetricType::kHistogram: return "histogram";
    case MetricType::kGaugeHistogram: return "gauge histogram";
    case MetricType::kSummary: return "summary";
    case MetricType::kInfo: return "info";
    case MetricType::kStateSet: return "state set";
    case MetricType::kUnknown: break;
  }
  return "untyped";
}

// Calls `body` with a copy of each entry; what the plugin's side does not have is zero.
template <typename Entry, typename Body>
void ForEach(const Entry* first, size_t count, Body&& body) {
  const char* at = reinterpret_cast<const char*>(first);
  for (size_t i = 0; i < count; ++i, at += first->size) {
    Entry entry{};
    std::memcpy(&entry, at, std::min(sizeof entry, first->size));
    body(entry);
  }
}

// The options as they stand in a table: fields of records behind their option, as `query[].sql`.
template <typename Body>
void ForEachOption(const pillion_plugin& plugin, Body&& body) {
  ForEach(plugin.options, plugin.option_count, [&](const pillion_option& option) {
    const std::string name(ToView(option.name));
    body(name, option);
    for (const pillion_option& field : FieldsOf(option)) {
      body(name + "[]." + std::string(ToView(field.name)), field);
    }
  });
}

std::string OptionNotes(const pillion_option& option) {
  std::string notes;
  const auto add = [&](const std::string& note) { notes += (notes.empty() ? "" : "; ") + note; };
  if (option.flags & PILLION_OPT_REQUIRED) add("required");
  if (option.flags & PILLION_OPT_SECRET) add("secret");
  if (option.flags & PILLION_OPT_ADDRESS) add("set by --exporter TYPE=ADDRESS");
  if (option.type == PILLION_OPT_RECORDS) {
    add(fmt::format("at most {}", option.maximum > 0 ? option.maximum : double{kRecordsMax}));
  } else if (option.minimum != 0 || option.maximum != 0) {
    const auto show = [&](double bound) {
      if (option.type != PILLION_OPT_DURATION) return fmt::format("{}", bound);
      return FormatDuration(std::chrono::duration_cast<std::chrono::nanoseconds>(
          std::chrono::duration<double>(bound)));
    };
    add(fmt::format("{} to {}", show(option.minimum), show(option.maximum)));
  }
  std::string choices;
  for (size_t i = 0; i < option.choice_count; ++i) {
    choices += (i == 0 ? "one of " : ", ") + std::string(ToView(option.choices[i]));
  }
  if (!choices.empty()) add(choices);
  return notes;
}

std::string WithNotes(std::string_view help, const std::string& notes) {
  return notes.empty() ? std::string(help) : fmt::format("{} ({})", help, notes);
}

// A pipe would end the table's cell.
std::string Cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

std::string Code(std::string_view text) {
  return text.empty() ? std::string() : fmt::format("`{}`", Cell(text));
}

std::string LabelList(const pillion_metric& metric) {
  std::string labels;
  for (size_t i = 0; i < metric.label_count; ++i) {
    labels += (i == 0 ? "" : ", ") + std::string(ToView(metric.labels[i]));
  }
  return labels;
}

void PrintMarkdown(const ExporterType& type) {
  const pillion_plugin& plugin = type.plugin();
  fmt::print(
      "<!-- options -->\n| option | type | default | meaning |\n| --- | --- | --- | --- |\n");
  ForEachOption(plugin, [](std::string_view name, const pillion_option& o) {
    fmt::print("| {} | {} | {} | {} |\n", Code(name), TypeName(o.type),
               Code(ToView(o.default_value)), Cell(WithNotes(ToView(o.help), OptionNotes(o))));
  });
  fmt::print(
      "<!-- /options -->\n\n<!-- collectors -->\n"
      "| collector | default | reads |\n| --- | --- | --- |\n");
  for (const CollectorInfo& c : type.collectors()) {
    const std::string schedule =
        c.default_every == 0
            ? ""
            : ", every " +
                  FormatDuration(std::chrono::nanoseconds(static_cast<int64_t>(c.default_every)));
    fmt::print("| {} | {}{} | {} |\n", Code(c.name), c.default_on ? "on" : "off", schedule,
               Cell(c.help));
  }
  fmt::print(
      "<!-- /collectors -->\n\n<!-- metrics -->\n"
      "| metric | type | labels | collector | since | meaning |\n"
      "| --- | --- | --- | --- | --- | --- |\n");
  ForEach(plugin.metrics, plugin.metric_count, [&](const pillion_metric& m) {
    fmt::print("| {} | {} | {} | {} | {} | {} |\n", Code(ToView(m.name)),
               TypeName(static_cast<MetricType>(m.type)), Cell(LabelList(m)),
               type.collectors()[m.collector].name, ToView(m.since), Cell(ToView(m.help)));
  });
  fmt::print("<!-- /metrics -->\n");
}

void PrintText(const ExporterType& type) {
  const pillion_plugin& plugin = type.plugin();
  fmt::print("{} {}: {}\n", type.name(), type.version(), type.summary());
  fmt::print("from {}\n\nOptions\n", type.origin());
  ForEachOption(plugin, [](std::string_view name, const pillion_option& o) {
    const std::string_view preset = ToView(o.default_value);
    fmt::print("  {} ({}{}{})\n      {}\n", name, TypeName(o.type),
               preset.empty() ? "" : ", default ", preset,
               WithNotes(ToView(o.help), OptionNotes(o)));
  });
  fmt::print("\nCollectors\n");
  for (const CollectorInfo& c : type.collectors()) {
    fmt::print("  {}{}\n      {}\n", c.name, c.default_on ? "" : " (off)", c.help);
  }
  fmt::print("\nMetrics\n");
  if (plugin.up_name.size > 0) fmt::print("  {} (gauge)\n", ToView(plugin.up_name));
  ForEach(plugin.metrics, plugin.metric_count, [](const pillion_metric& m) {
    const std::string labels = LabelList(m);
    fmt::print("  {}{}{}{} ({})\n      {}\n", ToView(m.name), labels.empty() ? "" : "{", labels,
               labels.empty() ? "" : "}", TypeName(static_cast<MetricType>(m.type)),
               ToView(m.help));
  });
}

}  // namespace

int Describe(const Arguments& arguments) {
  TellOfPluginDirs(arguments, arguments.plugin_dirs);
  const auto catalog = MakeCatalog(arguments);
  const auto type = catalog->Find(arguments.type);
  if (!type) {
    std::fprintf(stderr, "%s\n", type.error().message.c_str());
    return kExitUsage;
  }
  if (arguments.markdown) {
    PrintMarkdown(**type);
  } else {
    PrintText(**type);
  }
  return kExitOk;
}

}  // namespace pillion
