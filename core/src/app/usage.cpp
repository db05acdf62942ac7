#include "app/usage.hpp"

#include "config/problems.hpp"
#include "config/suggest.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace pillion {
namespace {

using Names = std::vector<std::string>;

Names CommandNames(const CLI::App& app) {
  Names names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

Names FlagNames(const CLI::App& command) {
  Names names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string Unknown(std::string_view what, std::string_view word, const Names& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  std::string text(what);
  text.append(" `").append(Printable(word)).append("`");
  return text + SuggestOrList(word, candidates);
}

// The first word, if it should be a command and is none.
std::string WrongCommand(const CLI::App& app, int argc, const char* const* argv) {
  const Names names = CommandNames(app);
  if (argc < 2) {
    return "a command is missing" +
           SuggestOrList({}, std::vector<std::string_view>(names.begin(), names.end()));
  }
  if (*argv[1] == '\0' || *argv[1] == '-') return {};
  for (const std::string& name : names) {
    if (name == argv[1]) return {};
  }
  return Unknown("unknown command", argv[1], names);
}

std::string Extras(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  const CLI::App& command = parsed.empty() ? app : *parsed.front();
  size_t words = 0;
  std::string text;
  for (const std::string& extra : app.remaining(true)) {
    if (extra.size() < 2 || extra[0] != '-') {
      ++words;
      continue;
    }
    if (!text.empty()) text.append("\n");
    const std::string flag = extra.substr(0, extra.find('='));
    const Names known = FlagNames(command);
    if (&command != &app && std::find(known.begin(), known.end(), flag) != known.end()) {
      text.append("`" + flag + "` stands behind the command: pillion " + command.get_name() + " " +
                  flag + " ...");
    } else {
      text.append(Unknown(command.get_name() + ": unknown flag", flag, known));
    }
  }
  // The word behind an unknown flag is most likely its value.
  if (!text.empty() || words == 0) return text;
  text = command.get_name() + ": " + std::to_string(words) + (words == 1 ? " word" : " words") +
         " too many";
  if (command.get_option_no_throw("--exporter") != nullptr) {
    text.append("; a value with blanks needs quotes, as in --exporter 'TYPE=host=/x user=monitor'");
  }
  return text;
}

}  // namespace

std::string ExplainUsage(const CLI::App& app, const CLI::ParseError& error, int argc,
                         const char* const* argv) {
  std::string text = WrongCommand(app, argc, argv);
  if (text.empty() && dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) text = Extras(app);
  if (text.empty()) text = error.what();
  return text;
}

}  // namespace pillion
