#include "auth_modules.hpp"

#include "common/text_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <string_view>

namespace pillion::postgres {
namespace {

using Node = YAML::Node;
using Entries = std::vector<std::pair<Node, Node>>;

constexpr size_t kProblemsMax = 20;
constexpr size_t kTextBytesMax = 100;  // of the file, in a message
constexpr size_t kNameBytesMax = 64;
constexpr std::string_view kSslModes[] = {"disable", "allow",     "prefer",
                                          "require", "verify-ca", "verify-full"};

// One line of printable text.
std::string Shown(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, kTextBytesMax)) {
    shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return shown;
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

class Reader {
 public:
  Reader(std::string path, AuthModules& out) : path_(std::move(path)), out_(out) {}

  void ReadAll(const Node& root) {
    if (root.IsNull()) return;
    for (const auto& [key, value] : Map(root, "must be a map with `auth_modules`")) {
      if (key.Scalar() != "auth_modules") {
        Unknown(key, "auth_modules");
        continue;
      }
      if (value.IsNull()) continue;
      for (const auto& [name, module] : Map(value, "auth_modules must be a map of modules")) {
        if (out_.modules.size() == kAuthModulesMax) {
          return Error(name.Mark(), "more than " + std::to_string(kAuthModulesMax) + " modules");
        }
        where_ = Shown(name.Scalar());
        ReadModule(name, module);
        where_.clear();
      }
    }
  }

  void Error(const YAML::Mark& at, const std::string& what) { Add(out_.errors, at, what); }

 private:
  void Add(std::vector<std::string>& list, const YAML::Mark& at, const std::string& what) {
    if (list.size() == kProblemsMax) return;
    list.push_back(path_ + ":" + std::to_string(std::max(at.line, 0) + 1) + ":" +
                   std::to_string(std::max(at.column, 0) + 1) + ": " +
                   (where_.empty() ? "" : where_ + ": ") + what);
  }

  void Unknown(const Node& key, const std::string& known) {
    Error(key.Mark(), "unknown key `" + Shown(key.Scalar()) + "`; there are " + known);
  }

  // The entries of a map with texts for keys, those of `<<` behind its own. Twice the same key is
  // an error, as it is to the peer.
  Entries Map(const Node& node, const std::string& what) {
    Entries own, merged;
    if (!node.IsMap()) {
      Error(node.Mark(), what);
      return own;
    }
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        Error(entry.first.Mark(), "a key must be a text");
      } else if (entry.first.Scalar() == "<<") {
        Merge(entry.second, merged);
      } else if (Has(own, entry.first.Scalar())) {
        Error(entry.first.Mark(), "`" + Shown(entry.first.Scalar()) + "` is there twice");
      } else {
        own.emplace_back(entry.first, entry.second);
      }
    }
    for (const auto& entry : merged) {
      if (!Has(own, entry.first.Scalar())) own.push_back(entry);
    }
    return own;
  }

  static bool Has(const Entries& entries, const std::string& key) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.first.Scalar() == key; });
  }

  // A map, or a list of them, of which the first that has a key wins.
  void Merge(const Node& node, Entries& merged) {
    if (node.IsSequence()) {
      for (const Node& item : node) MergeOne(item, merged);
    } else {
      MergeOne(node, merged);
    }
  }
  void MergeOne(const Node& node, Entries& merged) {
    if (!node.IsMap()) return Error(node.Mark(), "what `<<` takes over must be a map");
    for (const auto& entry : node) {
      if (entry.first.IsScalar()) merged.emplace_back(entry.first, entry.second);
    }
  }

  // The text of a scalar, none for null.
  std::string Text(const Node& node, const std::string& key) {
    if (node.IsNull()) return {};
    if (node.IsScalar()) return node.Scalar();
    Error(node.Mark(), key + " must be a text");
    return {};
  }

  void ReadModule(const Node& name, const Node& node) {
    AuthModule module;
    module.name = name.Scalar();
    if (!IsName(module.name)) {
      Error(name.Mark(), "must be called by 1 to 64 letters, digits, _, . and -");
    }
    bool has_type = false;
    for (const auto& [key, value] : Map(node, "must be a map with `type` and `userpass`")) {
      if (key.Scalar() == "type") {
        has_type = true;
        if (Text(value, "type") != "userpass") Error(value.Mark(), "type must be userpass");
      } else if (key.Scalar() == "userpass") {
        if (!value.IsNull()) ReadUser(value, module);
      } else if (key.Scalar() == "options") {
        if (!value.IsNull()) ReadOptions(value, module);
      } else {
        Unknown(key, "type, userpass and options");
      }
    }
    if (!has_type) Error(name.Mark(), "has no type; there is `type: userpass`");
    if (module.user.empty() || module.password.empty()) {
      // The peer serves, and answers 400 to who asks for it.
      return Add(out_.warnings, name.Mark(),
                 "has no username or no password: nothing can be probed with it");
    }
    out_.modules.push_back(std::move(module));
  }

  void ReadUser(const Node& node, AuthModule& module) {
    for (const auto& [key, value] : Map(node, "userpass must be a map")) {
      if (key.Scalar() == "username") {
        module.user = Text(value, "username");
      } else if (key.Scalar() == "password") {
        module.password = Text(value, "password");
      } else {
        Unknown(key, "username and password");
      }
    }
  }

  void ReadOptions(const Node& node, AuthModule& module) {
    for (const auto& [key, value] : Map(node, "options must be a map of texts")) {
      const std::string text = Text(value, Shown(key.Scalar()));
      if (key.Scalar() == "sslmode" && !text.empty() &&
          std::find(std::begin(kSslModes), std::end(kSslModes), text) == std::end(kSslModes)) {
        Error(value.Mark(),
              "sslmode must be disable, allow, prefer, require, verify-ca or verify-full");
      }
      if (!text.empty()) module.options.emplace_back(key.Scalar(), text);
    }
  }

  const std::string path_;
  AuthModules& out_;
  std::string where_;  // the module that is being read
};

}  // namespace

AuthModules ParseAuthModules(const std::string& text, const std::string& path) {
  AuthModules file;
  Reader reader(path, file);
  try {
    reader.ReadAll(YAML::Load(text));
  } catch (const YAML::Exception& e) {
    // Behind a colon it repeats what stands there, which may be a password.
    reader.Error(e.mark, Shown(e.msg.substr(0, e.msg.find(':'))));
  }
  return file;
}

Result<std::string> ReadAuthFile(const std::string& path) {
  return ReadTextFile(path, kAuthFileBytesMax);
}

}  // namespace pillion::postgres
