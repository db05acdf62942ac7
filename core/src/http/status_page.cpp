#include "http/status_page.hpp"

#include "http/page_style.hpp"
#include "http/text_escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <string_view>

namespace pillion {
namespace {

// The page loads itself anew; there is no JavaScript.
constexpr std::string_view kRefresh = "<meta http-equiv=\"refresh\" content=\"5\">\n";

// 1 234 567, in groups that are easy to read; the spaces don't break.
std::string Grouped(uint64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += "&#8239;";
    out += digits[i];
  }
  return out;
}

// "350 ms", "3 s", "4 min", "2 h", "5 d": one number, as people say it.
std::string Duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "0 s";
  if (seconds < 0.0095) return fmt::format("{:.1f} ms", seconds * 1e3);
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 119.5) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7170) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 172'000) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} d", seconds / 86'400);
}

std::string Ago(double then_unix, double now_unix) {
  if (then_unix <= 0) return "never";
  const double seconds = now_unix - then_unix;
  return seconds < 0.5 ? "just now" : Duration(seconds) + " ago";
}

// "2026-11-22 15:59:28 UTC"; empty for what is no time of this era.
std::string UtcTime(double unix_seconds) {
  if (!(unix_seconds > 0) || unix_seconds > 253'402'300'799.0) return {};
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

// The age in words, the exact time when one points at it.
std::string AgoHtml(double then_unix, double now_unix) {
  const std::string time = UtcTime(then_unix);
  if (time.empty()) return "never";
  return fmt::format("<time title=\"{}\">{}</time>", time, Ago(then_unix, now_unix));
}

struct Look {
  std::string_view css;
  std::string_view sign;  // so that nothing is told by colour alone
};

constexpr Look kGood{"good", "&#10003;"};  // check mark
constexpr Look kBad{"bad", "&#10007;"};    // ballot X
constexpr Look kWait{"wait", "&#8230;"};   // ellipsis

Look LookOf(const InstanceStatus& instance) {
  if (instance.up) return kGood;
  return instance.polls_total == 0 ? kWait : kBad;
}

std::string Badge(Look look, std::string_view text) {
  return fmt::format("<span class=\"state {}\"><span aria-hidden=\"true\">{}</span> {}</span>",
                     look.css, look.sign, EscapeHtml(text));
}

// `value` is HTML already.
void AppendFact(std::string* page, std::string_view name, std::string_view value) {
  *page += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", EscapeHtml(name), value);
}

std::string CollectorBadge(const CollectorStatus& collector) {
  if (!collector.enabled) return "<span class=\"soft\">off</span>";
  if (!collector.ran) return Badge(kWait, "not yet");
  if (collector.ok) return Badge(kGood, "ok");
  return Badge(kBad, collector.reason.empty() ? "failed" : collector.reason);
}

void AppendCollector(std::string* page, const CollectorStatus& collector, double now_unix) {
  const std::string beat =
      collector.every_seconds > 0 ? "every " + Duration(collector.every_seconds) : "each scrape";
  const bool shown = collector.enabled && collector.ran;
  *page += fmt::format(
      "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"number\">{}</td>"
      "<td class=\"number\">{}</td><td>{}</td></tr>\n",
      EscapeHtml(collector.name), CollectorBadge(collector), collector.enabled ? beat : "",
      shown ? Duration(collector.duration_seconds) : "", shown ? Grouped(collector.series) : "",
      shown ? AgoHtml(collector.last_success_unix, now_unix) : "");
  if (collector.message.empty()) return;
  // Across the table: a message is long, and a phone is narrow.
  *page += fmt::format("<tr class=\"why\"><td colspan=\"6\"><div>{}</div></td></tr>\n",
                       EscapeHtml(collector.message));
}

void AppendCollectors(std::string* page, const InstanceStatus& instance, double now_unix) {
  if (instance.collectors.empty()) return;
  size_t failed = 0;
  for (const CollectorStatus& collector : instance.collectors) {
    if (collector.enabled && collector.ran && !collector.ok) ++failed;
  }
  // Always open: what one unfolds would fold again at the next refresh.
  *page += "<div class=\"wide\" tabindex=\"0\"><table>\n";
  *page += fmt::format("<caption>{} collector{}{}</caption>\n", instance.collectors.size(),
                       instance.collectors.size() == 1 ? "" : "s",
                       failed > 0 ? fmt::format(", {} failed", failed) : std::string());
  *page +=
      "<thead><tr><th scope=\"col\">collector</th><th scope=\"col\">last run</th>"
      "<th scope=\"col\">schedule</th><th scope=\"col\" class=\"number\">took</th>"
      "<th scope=\"col\" class=\"number\">series</th><th scope=\"col\">last success</th></tr>"
      "</thead>\n<tbody>\n";
  for (const CollectorStatus& collector : instance.collectors) {
    AppendCollector(page, collector, now_unix);
  }
  *page += "</tbody></table></div>\n";
}

// Where the series are: what one looks at before writing a filter.
void AppendFamilies(std::string* page, const InstanceStatus& instance) {
  if (instance.families.empty()) return;
  *page +=
      "<div class=\"wide\" tabindex=\"0\"><table>\n<caption>largest families</caption>\n"
      "<thead><tr><th scope=\"col\">family</th><th scope=\"col\" class=\"number\">series</th>"
      "</tr></thead>\n<tbody>\n";
  for (const FamilyStatus& family : instance.families) {
    *page += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td></tr>\n",
                         EscapeHtml(family.name), Grouped(family.series));
  }
  *page += "</tbody></table></div>\n";
}

void AppendInstance(std::string* page, const InstanceStatus& instance, double now_unix) {
  const Look look = LookOf(instance);
  *page += fmt::format(
      "<section{}>\n<div class=\"title\"><h2>{}</h2>{}<span class=\"soft\">{}</span></div>\n",
      look.css == kBad.css ? " class=\"bad-edge\"" : "", EscapeHtml(instance.name),
      Badge(look, instance.state), EscapeHtml(instance.exporter));
  if (!instance.last_error.empty()) {
    *page +=
        fmt::format("<p class=\"error{}\"><b>{}</b> ({}): {}</p>\n", instance.up ? " past" : "",
                    instance.up ? "Was wrong" : "Error",
                    AgoHtml(instance.last_error_unix, now_unix), EscapeHtml(instance.last_error));
  }
  *page += "<dl>\n";
  AppendFact(page, "last success", AgoHtml(instance.last_success_unix, now_unix));
  AppendFact(page, "last poll took",
             instance.polls_total > 0 ? Duration(instance.poll_seconds) : "&#8211;");
  AppendFact(page, "series", Grouped(instance.series));
  AppendFact(page, "polls", Grouped(instance.polls_total));
  AppendFact(page, "polls failed", Grouped(instance.polls_failed_total));
  if (instance.samples_dropped_total > 0) {
    AppendFact(page, "samples dropped", Grouped(instance.samples_dropped_total));
  }
  if (!instance.last_drop.empty()) {
    AppendFact(page, "last dropped", EscapeHtml(instance.last_drop));
  }
  for (const auto& [name, value] : instance.facts) AppendFact(page, name, EscapeHtml(value));
  *page += "</dl>\n";
  AppendCollectors(page, instance, now_unix);
  AppendFamilies(page, instance);
  *page += "</section>\n";
}

void AppendSummary(std::string* page, const StatusReport& report) {
  const auto up = static_cast<size_t>(std::count_if(
      report.instances.begin(), report.instances.end(), [](const auto& i) { return i.up; }));
  const bool all = up == report.instances.size();
  *page += "<header><div class=\"title\"><h1>Pillion</h1>";
  *page += Badge(
      all ? kGood : kBad,
      all ? fmt::format("all {} up", up)
          : fmt::format("{} of {} not up", report.instances.size() - up, report.instances.size()));
  *page += fmt::format("</div>\n<p>version {}, started {}, page made {}</p>\n",
                       EscapeHtml(report.version), AgoHtml(report.started_unix, report.now_unix),
                       UtcTime(report.now_unix));
  if (!report.addresses.empty()) {
    *page += "<p>listening on ";
    for (size_t i = 0; i < report.addresses.size(); ++i) {
      *page +=
          fmt::format("{}<code>{}</code>", i == 0 ? "" : ", ", EscapeHtml(report.addresses[i]));
    }
    *page += "</p>\n";
  }
  for (const std::string& what : report.left_out) {
    *page += fmt::format("<p class=\"error\"><b>Left out</b> of the merged page: {}</p>\n",
                         EscapeHtml(what));
  }
  *page += "</header>\n";
}

}  // namespace

std::string StatusPageHtml(const StatusReport& report) {
  std::vector<const InstanceStatus*> order;
  for (const InstanceStatus& instance : report.instances) order.push_back(&instance);
  // Down first, then what was not polled yet, then what is up; else as in the report.
  const auto rank = [](const InstanceStatus& i) { return i.up ? 2 : (i.polls_total == 0 ? 1 : 0); };
  std::stable_sort(order.begin(), order.end(),
                   [&](const auto* a, const auto* b) { return rank(*a) < rank(*b); });

  std::string page = PageHead("Pillion: status", kRefresh);
  AppendSummary(&page, report);
  page += "<main>\n";
  if (order.empty()) page += "<section><p>No instances are configured.</p></section>\n";
  for (const InstanceStatus* instance : order) AppendInstance(&page, *instance, report.now_unix);
  page +=
      "</main>\n<footer>This page loads itself anew every 5 s. "
      "The same for machines: <a "
      "href=\"/status.json\">status.json</a></footer>\n</body>\n</html>\n";
  return page;
}

}  // namespace pillion
