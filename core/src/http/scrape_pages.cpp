#include "http/scrape_pages.hpp"

#include "http/page_style.hpp"
#include "http/text_escape.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace pillion {
namespace {

constexpr size_t kNamesShownMax = 50;  // in a 404

// An instance name as a path segment: all but the unreserved characters become %XX.
std::string PathSegment(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

std::string LandingPageHtml(std::string_view version, const std::vector<std::string>& instances,
                            const ScrapePaths& paths) {
  std::string page = PageHead("Pillion", "");
  page +=
      "<header><h1>Pillion</h1><p>Prometheus exporters that ride beside your database.</p>"
      "</header>\n<main>\n<section><h2>Metrics</h2>\n<ul class=\"links\">\n";
  page += fmt::format("<li><a href=\"{0}\">{0}</a><span>all instances, merged</span></li>\n",
                      EscapeHtml(paths.metrics));
  for (const std::string& name : instances) {
    page += fmt::format("<li><a href=\"{0}{1}\">{0}{2}</a><span>this instance alone</span></li>\n",
                        EscapeHtml(paths.InstancePrefix()), PathSegment(name), EscapeHtml(name));
  }
  page +=
      "</ul></section>\n<section><h2>For machines</h2>\n<ul class=\"links\">\n"
      "<li><a href=\"/sd\">/sd</a><span>targets for Prometheus&#39; HTTP service discovery"
      "</span></li>\n"
      "<li><a href=\"/-/healthy\">/-/healthy</a><span>the process makes progress</span></li>\n"
      "<li><a href=\"/-/ready\">/-/ready</a><span>started and not stopping; never depends on a "
      "target</span></li>\n</ul></section>\n</main>\n";
  page += fmt::format("<footer>Pillion {}</footer>\n</body>\n</html>\n", EscapeHtml(version));
  return page;
}

std::string SdJson(std::string_view target, const std::vector<std::string>& instances,
                   const ScrapePaths& paths, bool tls) {
  const std::string_view scheme = tls ? "\"__scheme__\": \"https\", " : "";
  std::string json = "[";
  // The path stands unescaped: Prometheus escapes it itself. All of these targets have one
  // address, which would be the `instance` of all: their `up` would be one series.
  for (const std::string& name : instances) {
    if (json.size() > 1) json += ',';
    json += fmt::format(
        "\n  {{\"targets\": [{}], \"labels\": {{{}\"__metrics_path__\": {}, \"instance\": {}, "
        "\"__meta_pillion_instance_name\": {}}}}}",
        JsonString(target), scheme, JsonString(paths.InstancePrefix() + name),
        JsonString(fmt::format("{}/{}", target, name)), JsonString(name));
  }
  json += instances.empty() ? "]\n" : "\n]\n";
  return json;
}

std::string NotFoundText(const std::vector<std::string>& instances, const ScrapePaths& paths) {
  std::string text = "Not found. There is:\n/\n";
  if (paths.metrics != "/") text += paths.metrics + "\n";
  for (size_t i = 0; i < instances.size() && i < kNamesShownMax; ++i) {
    text += fmt::format("{}{}\n", paths.InstancePrefix(), PathSegment(instances[i]));
  }
  if (instances.size() > kNamesShownMax) {
    text += fmt::format("({} more instances, see /sd)\n", instances.size() - kNamesShownMax);
  }
  text += "/probe?target=...\n/sd\n/-/healthy\n/-/ready";
  return text;
}

std::string HealthOnlyText() {
  return "Not found. This address serves health only:\n/-/healthy\n/-/ready";
}

}  // namespace pillion
