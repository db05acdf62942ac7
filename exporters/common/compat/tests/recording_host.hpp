// A host that remembers what a translator said.
#pragma once

#include <pillion/compat.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pillion::compat {

class RecordingHost {
 public:
  std::map<std::string, std::string, std::less<>> environment;
  // "option tls_ca_file", "collector locks", "label server"
  std::set<std::string, std::less<>> known;

  int32_t outcome = -1;
  std::string toml;
  std::map<std::string, std::string> defined;
  std::vector<std::string> notes, errors;
  std::string printed;

  // The configuration; on errors what was said.
  std::string Translate(const pillion_compat& compat, const std::vector<std::string>& arguments) {
    pillion_compat_host host{};
    host.size = sizeof(host);
    host.context = this;
    host.host_version = {"1.2.3", 5};
    host.variable = [](void* context, pillion_str name) {
      const auto& all = Of(context).environment;
      const auto at = all.find(View(name));
      return at == all.end() ? pillion_str{nullptr, 0}
                             : pillion_str{at->second.data(), at->second.size()};
    };
    host.knows = [](void* context, pillion_str type, uint32_t what, pillion_str name) {
      static constexpr std::string_view kWords[] = {"", "option", "collector", "label"};
      Of(context).types.emplace(View(type));
      return Of(context).known.contains(std::string(kWords[what]) + " " + std::string(View(name)))
                 ? 1
                 : 0;
    };
    host.config = [](void* context, pillion_str text) { Of(context).toml = View(text); };
    host.define = [](void* context, pillion_str name, pillion_str value) {
      Of(context).defined[std::string(View(name))] = View(value);
    };
    host.say = [](void* context, uint32_t level, pillion_str text) {
      (level == PILLION_LOG_ERROR ? Of(context).errors : Of(context).notes)
          .emplace_back(View(text));
    };
    host.print = [](void* context, pillion_str text) { Of(context).printed += View(text); };
    std::vector<pillion_str> words;
    for (const std::string& argument : arguments)
      words.push_back({argument.data(), argument.size()});
    outcome = compat.translate(&host, words.data(), words.size());
    if (outcome == PILLION_COMPAT_WRONG) return errors.empty() ? "" : errors.front();
    return Body();
  }

  // The configuration without its comments.
  std::string Body() const {
    std::string body;
    for (size_t at = 0; at < toml.size();) {
      const size_t end = std::min(toml.find('\n', at), toml.size());
      const std::string_view line = std::string_view(toml).substr(at, end - at);
      if (!line.empty() && !line.starts_with('#')) body += std::string(line) + "\n";
      at = end + 1;
    }
    return body;
  }

  std::set<std::string, std::less<>> types;  // that it asked about

 private:
  static RecordingHost& Of(void* context) { return *static_cast<RecordingHost*>(context); }
  static std::string_view View(pillion_str text) { return {text.data, text.size}; }
};

}  // namespace pillion::compat
