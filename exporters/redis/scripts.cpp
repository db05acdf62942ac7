#include "scripts.hpp"

#include "node_sink.hpp"
#include "tables.hpp"

#include "common/text_file.hpp"
#include "common/together.hpp"

#include <algorithm>
#include <array>

namespace pillion::redis {
namespace {

constexpr std::string_view kAcl = "+select +eval +eval_ro, and what the script calls";

std::string ReadScript(const std::string& file) {
  auto text = ReadTextFile(file, Scripts::kBytesMax);
  if (!text) throw OptionError("script", text.error().message);
  if (text->empty()) throw OptionError("script", file + " is empty");
  return *std::move(text);
}

Error Wrong(std::string why) { return {Reason::kProtocol, std::move(why)}; }

std::optional<double> ValueOf(const redisReply* reply) {
  if (const auto integer = IntegerOf(reply)) return static_cast<double>(*integer);
  return ToDouble(TextOf(reply));
}

std::optional<MetricType> TypeOf(std::string_view name) {
  if (name.empty() || name == "gauge") return MetricType::kGauge;
  if (name == "counter") return MetricType::kCounter;
  if (name == "untyped" || name == "unknown") return MetricType::kUnknown;
  return std::nullopt;
}

// Of a cluster's node: the script calls for a key whose slot it does not serve.
bool KeyIsElsewhere(const Error& error) {
  return error.message.find("access a non local key in a cluster node") != std::string::npos;
}

// A sample with a name of its own, checked.
struct Sample {
  std::string_view name, help;
  MetricType type = MetricType::kGauge;
  double value = 0;
  size_t labels = 0;
  std::array<std::string_view, Scripts::kLabelsMax> label_names;
  std::array<std::string_view, Scripts::kLabelsMax> label_values;
};

Result<Sample> ReadSample(const redisReply* reply, std::string_view taken) {
  const auto parts = ElementsOf(reply);
  Sample sample;
  if (parts.size() < 2) return Wrong("a sample needs a name and a value");
  sample.name = TextOf(parts[0]);
  const std::string quoted = "`" + std::string(sample.name.substr(0, 100)) + "`";
  const auto value = ValueOf(parts[1]);
  if (!value) return Wrong(quoted + ": the value is no number");
  sample.value = *value;
  const auto type = TypeOf(parts.size() > 2 ? TextOf(parts[2]) : "");
  if (!type) return Wrong(quoted + ": the type is none of gauge, counter, untyped");
  sample.type = *type;
  if (parts.size() > 3) sample.help = TextOf(parts[3]);
  for (size_t i = 4; i < parts.size(); i += 2) {
    if (i + 1 == parts.size()) return Wrong(quoted + ": a label has no value");
    if (sample.labels == Scripts::kLabelsMax) return Wrong(quoted + ": more than 10 labels");
    if (!taken.empty() && TextOf(parts[i]) == taken) {
      return Wrong(quoted + ": the label `" + std::string(taken) + "` is taken");
    }
    sample.label_names[sample.labels] = TextOf(parts[i]);
    sample.label_values[sample.labels++] = TextOf(parts[i + 1]);
  }
  return sample;
}

void Add(const Sample& sample, std::string_view file, Sink& sink) {
  const std::string from = "What " + std::string(file) + " returns (EVAL).";
  std::string names;
  for (size_t i = 0; i < sample.labels; ++i) {
    names.append(i == 0 ? "" : ",").append(sample.label_names[i]);
  }
  const Family family = sink.Declare({.name = sample.name,
                                      .type = sample.type,
                                      .help = sample.help.empty() ? from : sample.help,
                                      .labels = names,
                                      .collector = kScripts,
                                      .flags = PILLION_METRIC_OPEN_LABELS});
  if (!family.valid()) return;
  const Labels labels =
      sink.MakeLabels(std::span<const std::string_view>(sample.label_names.data(), sample.labels),
                      std::span<const std::string_view>(sample.label_values.data(), sample.labels));
  sink.Add(family, labels, sample.value);
}

}  // namespace

Scripts::Scripts(const Options& options)
    : options_(options),
      read_only_(options.Bool("lua_script_read_only", false)),
      timeout_(options.Duration("script_timeout", std::chrono::seconds(1))) {
  for (const std::string_view file : options.StringList("script")) {
    if (scripts_.size() == kScriptsMax) throw OptionError("script", "more than 100 files");
    for (const Script& script : scripts_) {
      if (script.file == file) throw OptionError("script", script.file + ": stands there twice");
    }
    scripts_.push_back({std::string(file), ReadScript(std::string(file))});
  }
}

Result<void> Scripts::Collect(const PollContext& ctx, Session& session, const Settings& settings,
                              Sink& sink) {
  Outcomes outcomes = NotRun();
  const auto take = [&](const redisReply* reply, std::string_view file) {
    return AddReply(reply, file, sink);
  };
  RunAll(ctx, session, settings, take, outcomes);
  for (size_t i = 0; i < scripts_.size(); ++i) {
    Failures failures;
    if (!outcomes[i]) {
      failures.emplace("", outcomes[i].error());
      sink.Add(FamilyOf(kScriptResult), {scripts_[i].file}, 0);
    }
    Tell(scripts_[i], failures);
  }
  return {};
}

Result<void> Scripts::CollectNodes(const PollContext& ctx, std::span<const NodeReading> nodes,
                                   const Settings& settings) {
  NodeSink to(ctx);
  std::map<std::string_view, Outcomes> outcomes;  // by node
  std::vector<Task> tasks;
  for (const NodeReading& node : nodes) {
    if (!node.is_master) continue;  // its replicas have the same keys
    Outcomes& of_node = outcomes.emplace(node.name, NotRun()).first->second;
    tasks.emplace_back([&](const PollContext& own) {
      const auto take = [&](const redisReply* reply, std::string_view file) {
        to.SetNode(node.name);
        return AddReply(reply, file, to.sink(), "node");
      };
      RunAll(own, *node.session, settings, take, of_node);
    });
  }
  if (!tasks.empty()) RunTogether(ctx, tasks);
  for (size_t i = 0; i < scripts_.size(); ++i) {
    Failures failures;
    for (const auto& [node, of_node] : outcomes) {
      if (!of_node[i]) failures.emplace(node, of_node[i].error());
    }
    const auto elsewhere = [](const auto& entry) { return KeyIsElsewhere(entry.second); };
    const bool nowhere = failures.size() == outcomes.size() &&
                         std::all_of(failures.begin(), failures.end(), elsewhere);
    if (!nowhere) std::erase_if(failures, elsewhere);
    for (const auto& [node, error] : failures) {
      to.SetNode(node);
      to.sink().Add(FamilyOf(kScriptResult), {scripts_[i].file}, 0);
    }
    Tell(scripts_[i], failures);
  }
  return {};
}

Scripts::Outcomes Scripts::NotRun() const {
  return Outcomes(scripts_.size(), Error{Reason::kInternal, "it was not run"});
}

void Scripts::RunAll(const PollContext& ctx, Session& session, const Settings& settings,
                     const Take& take, Outcomes& outcomes) const {
  for (size_t i = 0; i < scripts_.size(); ++i) {
    const auto reply = Run(ctx, session, scripts_[i]);
    outcomes[i] = reply ? take(reply->get(), scripts_[i].file) : reply.error();
    if (outcomes[i] || outcomes[i].error().reason != Reason::kPermission) continue;
    if (!outcomes[i].error().message.starts_with("NOPERM")) continue;
    outcomes[i] = ErrorOfCommand("EVAL", kAcl, outcomes[i].error().message, settings.user);
  }
}

Result<Reply> Scripts::Run(const PollContext& ctx, Session& session, const Script& script) const {
  Pipeline pipeline;
  pipeline.Add({"SELECT", "0"});
  pipeline.Add({read_only_ ? "EVAL_RO" : "EVAL", script.text, "0", "0"});
  auto replies = session.Exchange(ctx, pipeline, ctx.Now() + timeout_);
  if (!replies) return replies.error();
  Reply& reply = replies->back();
  if (IsError(reply.get())) {
    return Error{ReasonOf(TextOf(reply.get())), std::string(TextOf(reply.get()))};
  }
  return std::move(reply);
}

// Once, until it works there again. redis_script_result names all the nodes, the log one of them.
void Scripts::Tell(Script& script, const Failures& failures) const {
  std::set<std::string> failed;
  const Failures::value_type* fresh = nullptr;
  for (const auto& entry : failures) {
    const std::string node(entry.first);
    if (fresh == nullptr && script.failed.count(node) == 0) fresh = &entry;
    failed.insert(node);
  }
  script.failed = std::move(failed);
  if (fresh == nullptr) return;
  const auto& [node, error] = *fresh;
  const std::string where = node.empty() ? "" : "on " + std::string(node) + ": ";
  options_.Log(PILLION_LOG_WARN, "script " + script.file + ": " + where + error.message);
}

Result<void> Scripts::AddReply(const redisReply* reply, std::string_view file, Sink& sink,
                               std::string_view taken) {
  if (reply == nullptr || (reply->type != REDIS_REPLY_ARRAY && reply->type != REDIS_REPLY_NIL)) {
    return Wrong("it returns no list");
  }
  const auto parts = ElementsOf(reply);
  if (parts.size() > 2 * kSamplesMax) return Wrong("it returns more than 10,000 samples");
  std::vector<Sample> samples;
  std::vector<std::pair<std::string_view, double>> values;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i]->type == REDIS_REPLY_ARRAY) {
      auto sample = ReadSample(parts[i], taken);
      if (!sample) return sample.error();
      samples.push_back(*sample);
      continue;
    }
    const std::string_view key = TextOf(parts[i]);
    if (++i == parts.size()) return Wrong("the last key has no value");
    const auto value = ValueOf(parts[i]);
    if (!value) return Wrong("`" + std::string(key.substr(0, 100)) + "`: the value is no number");
    values.emplace_back(key, *value);
  }
  for (const auto& [key, value] : values) sink.Add(FamilyOf(kScriptValues), {key, file}, value);
  for (const Sample& sample : samples) Add(sample, file, sink);
  sink.Add(FamilyOf(kScriptResult), {file}, parts.empty() ? 2 : 1);
  return {};
}

}  // namespace pillion::redis
