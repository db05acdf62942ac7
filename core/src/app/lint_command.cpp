#include "app/commands.hpp"
#include "app/lint_input.hpp"
#include "app/setup.hpp"
#include "config/outside.hpp"
#include "http/fetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace pillion {
namespace {

constexpr size_t kPieceBytes = 64 * 1024;

using parse::Syntax;

std::optional<Syntax> WantedSyntax(const std::string& format) {
  for (const Syntax syntax : {Syntax::kText, Syntax::kOpenMetrics, Syntax::kProtobuf}) {
    if (format == parse::ToString(syntax)) return syntax;
  }
  return std::nullopt;
}

std::string AcceptFor(std::optional<Syntax> syntax) {
  if (!syntax) {  // as Prometheus asks by default
    return "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
  }
  switch (*syntax) {
    case Syntax::kText: return "text/plain;version=0.0.4";
    case Syntax::kOpenMetrics: return "application/openmetrics-text;version=1.0.0";
    case Syntax::kProtobuf: break;
  }
  return "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
         "encoding=delimited";
}

bool IsUrl(const std::string& page) {
  return page.starts_with("unix:") || page.find("://") != std::string::npos;
}

// One page to be looked at. Each function prints what hinders it and returns nothing then.
class LintRun {
 public:
  explicit LintRun(const Arguments& arguments)
      : wanted_(WantedSyntax(arguments.lint_format)), warnings_(!arguments.errors_only) {}

  std::optional<LintFindings> File(const std::string& path) {
    auto file =
        path == "-" ? Result<InputFile>(InputFile::Stdin()) : InputFile::Open(path, FileKind::kAny);
    if (!file) return Unreadable(path, file.error().message);
    LintInput input(wanted_, warnings_);
    std::array<char, kPieceBytes> piece;
    for (;;) {
      const auto bytes = file->Read(piece.data(), piece.size());
      if (!bytes) return Unreadable(path, bytes.error().message);
      if (*bytes == 0) return input.Finish();
      input.Feed({piece.data(), *bytes});
    }
  }

  std::optional<LintFindings> Url(const std::string& url, std::chrono::milliseconds timeout) {
    const Result<HttpTarget> target = ParseHttpTarget(url);
    if (!target) return Unreadable(url, target.error().message);
    std::optional<LintInput> input;
    std::string refused;
    const FetchHandlers handlers{.on_head =
                                     [&](const FetchedHead& head) {
                                       refused = WhyNot(head);
                                       if (refused.empty())
                                         input.emplace(parse::SyntaxOf(head.content_type),
                                                       warnings_);
                                       return refused.empty();
                                     },
                                 .on_body =
                                     [&](std::string_view piece) {
                                       input->Feed(piece);
                                       return true;
                                     }};
    const Result<void> fetched = FetchHttp(*target, AcceptFor(wanted_), timeout, handlers);
    if (!refused.empty()) return Unreadable(url, refused);
    if (!fetched) return Unreadable(url, fetched.error().message);
    return input->Finish();
  }

 private:
  // Why a page with this head is not looked at.
  std::string WhyNot(const FetchedHead& head) const {
    if (head.status != 200) return fmt::format("the answer is {}", head.status);
    const std::optional<Syntax> syntax = parse::SyntaxOf(head.content_type);
    if (!syntax) {
      return fmt::format("no scraper knows the Content-Type `{}`", head.content_type);
    }
    if (wanted_ && syntax != wanted_) {
      return fmt::format("asked for {}, it came as {}", parse::ToString(*wanted_),
                         parse::ToString(*syntax));
    }
    return {};
  }

  static std::optional<LintFindings> Unreadable(const std::string& page, const std::string& why) {
    std::fprintf(stderr, "%s: %s\n", page.c_str(), why.c_str());
    return std::nullopt;
  }

  const std::optional<Syntax> wanted_;
  const bool warnings_;
};

void Print(const std::string& page, const LintFindings& findings) {
  for (const lint::Violation& violation : findings.shown) {
    fmt::print("{}:{}:{}: {}: {}: {}\n", page, violation.position.line, violation.position.column,
               parse::ToString(violation.severity), violation.rule->id, violation.message);
  }
  const size_t all = findings.errors + findings.warnings;
  if (all > findings.shown.size()) {
    fmt::print("{}: {} more are not shown\n", page, all - findings.shown.size());
  }
}

int PrintRules() {
  for (const lint::Rule* rule : lint::AllRules()) {
    fmt::print("{:<20} {:<8} {}\n", rule->id, parse::ToString(rule->severity), rule->meaning);
  }
  return kExitOk;
}

}  // namespace

int Lint(const Arguments& arguments) {
  if (arguments.list_rules) return PrintRules();
  if (arguments.pages.empty()) {
    std::fprintf(stderr, "nothing to lint: give files, URLs or - for stdin\n");
    return kExitUsage;
  }
  const auto timeout = ParseDuration(arguments.timeout);
  if (!timeout) {
    std::fprintf(stderr, "--timeout: %s\n", timeout.error().message.c_str());
    return kExitUsage;
  }
  LintRun run(arguments);
  int exit_code = kExitOk;
  for (const std::string& page : arguments.pages) {
    const auto findings =
        IsUrl(page) ? run.Url(page, std::chrono::duration_cast<std::chrono::milliseconds>(*timeout))
                    : run.File(page);
    if (!findings) {
      exit_code = kExitUsage;
      continue;
    }
    Print(page, *findings);
    const bool bad =
        findings->errors > 0 || (arguments.warnings_as_errors && findings->warnings > 0);
    if (bad) exit_code = std::max(exit_code, kExitFailed);
  }
  return exit_code;
}

}  // namespace pillion
