// The memcached exporter: a poll is one round trip, with a stats command for each collector.
#include "collect.hpp"
#include "session.hpp"
#include "tables.hpp"

#include <pillion/exporter.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace pillion::memcached {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::string_view kCommandLines[kCollectorCount] = {"stats\r\n", "stats settings\r\n",
                                                             "stats slabs\r\n", "stats items\r\n"};

class Memcached {
 public:
  explicit Memcached(const Options& options)
      : session_(options), include_unknown_(options.Bool("include_unknown_stats")) {}

  Result<void> Poll(PollContext& ctx, Sink& sink) {
    // A little is kept back so that what is finished reaches the host in time.
    const auto reserve =
        std::clamp<nanoseconds>(ctx.Left() / 20, milliseconds(1), milliseconds(50));
    const MonoTime until = ctx.Deadline() - reserve;
    std::vector<CollectorId> due;
    std::string commands;
    for (uint32_t id = 0; id < kCollectorCount; ++id) {
      if (!ctx.Due(id)) continue;
      due.push_back(static_cast<CollectorId>(id));
      commands.append(kCommandLines[id]);
    }
    AnswerReader answers(due.size());
    const auto asked = session_.Ask(ctx, commands, until, answers);
    if (auto any = CheckAny(asked, answers); !any) return any;
    for (size_t i = 0; i < due.size(); ++i) {
      const Answer& answer = answers.answers()[i];
      sink.Collect(due[i], [&]() -> Result<void> {
        if (!answer.complete) return asked.error();
        if (!answer.outcome.ok()) return answer.outcome;
        if (due[i] == kStats) TellVersion(ctx, answer.stats);
        Collect(due[i], answer.stats, include_unknown_, sink);
        return {};
      });
    }
    if (asked.ok()) session_.Renew(ctx, until);
    return {};
  }

 private:
  // Late is not lost: what came in time is shown. The poll has failed if there is nothing to show.
  Result<void> CheckAny(const Result<void>& asked, const AnswerReader& answers) {
    if (!asked.ok() && asked.error().reason != Reason::kTimeout) return asked;
    for (const Answer& answer : answers.answers()) {
      if (answer.complete && answer.outcome.ok()) return {};
    }
    const Result<void>& first = answers.answers().front().outcome;
    if (first.ok()) return asked;
    session_.Close();  // the next poll logs in anew
    return first;
  }

  static void TellVersion(const PollContext& ctx, std::string_view stats) {
    for (StatCursor at(stats); auto stat = at.Next();) {
      if (stat->field == "version") return ctx.Fact("server_version", stat->value);
    }
  }

  Session session_;
  const bool include_unknown_;
};

}  // namespace
}  // namespace pillion::memcached

PILLION_EXPORTER(pillion::memcached::Memcached, .type = "memcached", .version = "0.1.0",
                 .summary = "memcached 1.4 to 1.6: stats, settings, slabs and items",
                 .options = pillion::memcached::OptionTable(),
                 .collectors = pillion::memcached::CollectorTable(),
                 .metrics = pillion::memcached::MetricTable(), .up_name = "memcached_up",
                 .up_help = "Whether the server could be read in the last poll.")
