#include "sentinel_finder.hpp"

#include "plan.hpp"

#include <algorithm>
#include <charconv>

namespace pillion::redis {
namespace {

constexpr size_t kReplyBytesMax = size_t{1} << 20;
constexpr size_t kErrorBytesMax = 600;  // of what all sentinels said

// Whether a sentinel holds the replica to be up and in touch with its master.
bool IsHealthy(const redisReply* replica) {
  return ValueIn(replica, "flags") == "slave" && ValueIn(replica, "master-link-status") == "ok";
}

}  // namespace

Result<Address> SentinelFinder::Find(const PollContext& ctx) {
  const auto& seeds = settings_.topology.seeds;
  const MonoTime end = ctx.Now() + ctx.Left() / 2;
  Error error{Reason::kRefused, {}};
  std::string said;
  for (size_t i = 0; i < seeds.size(); ++i) {
    const size_t at = (last_good_ + i) % seeds.size();
    const auto share = (end - ctx.Now()) / static_cast<int64_t>(seeds.size() - i);
    auto found = Ask(ctx, seeds[at], ctx.Now() + share);
    if (found) {
      last_good_ = at;
      return found;
    }
    error.reason = found.error().reason;
    if (said.size() < kErrorBytesMax) {
      said.append(said.empty() ? "" : "; ").append(found.error().message.substr(0, 200));
    }
  }
  error.message =
      "no sentinel names a server for `" + settings_.topology.master_name + "`: " + said;
  return error;
}

Result<Address> SentinelFinder::Ask(const PollContext& ctx, const Address& sentinel,
                                    MonoTime until) {
  const Topology& topology = settings_.topology;
  auto password = options_.Secret("sentinel_password");
  if (!password) return password.error();
  Pipeline pipeline;
  if (!topology.sentinel_user.empty()) {
    pipeline.Add({"AUTH", topology.sentinel_user, password->view()});
  } else if (!password->empty()) {
    pipeline.Add({"AUTH", password->view()});
  }
  const size_t first = pipeline.count();
  pipeline.Add({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", topology.master_name});
  if (topology.prefer_replica) pipeline.Add({"SENTINEL", "SLAVES", topology.master_name});
  Connection connection(sentinel, settings_.tls, kReplyBytesMax);
  connection.SetUntil(until);
  if (auto connected = connection.Connect(ctx); !connected) return connected.error();
  const auto replies = connection.Exchange(ctx, pipeline);
  if (!replies) return replies.error();
  const redisReply* greeting = replies->front().get();
  if (first > 0 && IsError(greeting)) {
    return Error{ConcernsAll(TextOf(greeting)) ? ReasonOf(TextOf(greeting)) : Reason::kAuth,
                 sentinel.ToText() + ": AUTH: " + std::string(TextOf(greeting).substr(0, 150))};
  }
  auto found = Read(*replies, first);
  if (found) return found;
  return Error{found.error().reason, sentinel.ToText() + ": " + found.error().message};
}

Result<Address> SentinelFinder::Read(const std::vector<Reply>& replies, size_t first) const {
  const redisReply* master = replies[first].get();
  if (IsError(master)) {
    const std::string_view text = TextOf(master);
    return Error{ReasonOf(text), std::string(text.substr(0, 150))};
  }
  const auto parts = ElementsOf(master);
  if (parts.size() != 2) return Error{Reason::kProtocol, "it does not know this master"};
  if (settings_.topology.prefer_replica) {
    const redisReply* chosen = nullptr;  // always the same one of several
    for (const redisReply* replica : ElementsOf(replies[first + 1].get())) {
      if (!IsHealthy(replica)) continue;
      if (chosen == nullptr || ValueIn(replica, "name") < ValueIn(chosen, "name")) {
        chosen = replica;
      }
    }
    if (chosen != nullptr) return MakeAddress(ValueIn(chosen, "ip"), ValueIn(chosen, "port"));
  }
  return MakeAddress(TextOf(parts[0]), TextOf(parts[1]));
}

Result<Address> SentinelFinder::MakeAddress(std::string_view host, std::string_view port) const {
  Address address;
  address.host = host;
  address.tls = settings_.address.tls;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  const bool number = error == std::errc() && stop == port.data() + port.size();
  if (!number || address.port == 0 || host.empty()) {
    return Error{Reason::kProtocol, "it names no address of the server"};
  }
  return address;
}

}  // namespace pillion::redis
