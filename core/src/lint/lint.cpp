#include "lint/lint.hpp"

#include "lint/page_rules.hpp"
#include "parse/syntax_rules.hpp"

namespace pillion::lint {

struct PageLint::State {
  State(const Options& options, std::function<bool(const Violation&)> report)
      : reporter(options, std::move(report)),
        rules(&reporter),
        parser(parse::MakeParser(options.syntax, options.limits, &rules)) {}

  Reporter reporter;
  PageRules rules;
  std::unique_ptr<parse::Parser> parser;
};

PageLint::PageLint(const Options& options, std::function<bool(const Violation&)> report)
    : state_(std::make_unique<State>(options, std::move(report))) {}

PageLint::~PageLint() = default;

bool PageLint::Feed(std::string_view chunk) {
  return state_->reporter.wanted() && state_->parser->Feed(chunk);
}

void PageLint::Finish() {
  state_->parser->Finish();
  state_->rules.End();
}

std::vector<Violation> CheckPage(parse::Syntax syntax, std::span<const std::string> chunks) {
  std::vector<Violation> errors;
  PageLint lint({.syntax = syntax, .warnings = false}, [&](const Violation& violation) {
    errors.push_back(violation);
    return errors.size() < kCheckErrorsMax;
  });
  for (const std::string& chunk : chunks) {
    if (!lint.Feed(chunk)) break;
  }
  lint.Finish();
  return errors;
}

std::vector<const Rule*> AllRules() {
  std::vector<const Rule*> rules(std::begin(parse::kSyntaxRules), std::end(parse::kSyntaxRules));
  rules.insert(rules.end(), std::begin(kPageRules), std::end(kPageRules));
  return rules;
}

}  // namespace pillion::lint
