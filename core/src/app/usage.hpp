// What was wrong with the command line, for a person. Pure.
#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
class ParseError;
}  // namespace CLI

namespace pillion {

// `app` has parsed and thrown `error`. Names flags and the command with what they may have meant;
// never tells another word: what looks like an argument may be a piece of a password.
std::string ExplainUsage(const CLI::App& app, const CLI::ParseError& error, int argc,
                         const char* const* argv);

}  // namespace pillion
