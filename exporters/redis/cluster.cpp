#include "cluster.hpp"

#include "common/together.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace pillion::redis {
namespace {

constexpr size_t kAskedMax = 8;  // members and seeds that are asked for the nodes in one poll
constexpr size_t kErrorBytesMax = 600;

}  // namespace

Result<void> Cluster::Poll(const PollContext& ctx, DueSet due) {
  polls_.clear();
  if (auto found = Discover(ctx); !found) return found;
  Choose();
  for (Member& member : members_) {
    polls_.push_back({.name = member.address.ToText(),
                      .session = member.session.get(),
                      .start_time = &member.start_time,
                      .answers = {},
                      .outcome = {}});
  }
  std::vector<Task> tasks;
  for (NodePoll& poll : polls_) {
    tasks.emplace_back([&, due](const PollContext& own) { ReadNode(own, due, poll); });
  }
  RunTogether(ctx, tasks);
  for (const NodePoll& poll : polls_) {
    if (poll.outcome.ok()) return {};
  }
  return polls_.empty() ? Error{Reason::kProtocol, "the cluster has no node that can be read"}
                        : polls_.front().outcome;
}

void Cluster::ReadNode(const PollContext& ctx, DueSet due, NodePoll& poll) const {
  poll.outcome = poll.session->Poll(ctx, due, poll.answers);
  if (!poll.outcome.ok() || !due[kNodes]) return;
  const auto reply = poll.session->AskOne(ctx, {"CLUSTER", "NODES"});
  if (!reply) return;  // nothing of the rest is worse for it
  for (const ClusterNode& node : ParseClusterNodes(TextOf(reply->get()))) {
    if (!node.myself) continue;
    poll.migrating = node.migrating;
    poll.importing = node.importing;
  }
}

// While the nodes get a new password one after the other, each of them is asked in its own time:
// see LoginPause. The host is told that it works when one node takes it, and never that it is
// refused: it would keep it from all.
void Cluster::Renew(const PollContext& ctx) {
  const bool changed = options_.SecretsChanged();
  const uint64_t newest = NewestSecret();
  const bool taken = std::any_of(members_.begin(), members_.end(), [&](const Member& member) {
    return member.session->secret_in_use() == newest;
  });
  std::vector<std::optional<Result<void>>> outcomes(members_.size());
  std::vector<Task> tasks;
  for (size_t i = 0; i < members_.size(); ++i) {
    tasks.emplace_back([&, i](const PollContext& own) {
      Session& session = *members_[i].session;
      const bool behind = taken && session.secret_in_use() != newest;
      const bool again = behind && !session.pause()->Waits(ctx.Now());
      outcomes[i] = session.RenewBeside(own, session.connected() && (changed || again));
    });
  }
  RunTogether(ctx, tasks);
  const Error* refusal = nullptr;
  bool accepted = false;
  for (const auto& outcome : outcomes) {
    if (!outcome) continue;
    accepted = accepted || outcome->ok();
    if (!outcome->ok()) refusal = &outcome->error();
  }
  if (!changed) return;
  if (accepted) return options_.SecretsTried({});
  if (refusal != nullptr) options_.SecretsTried(Error{Reason::kRefused, refusal->message});
}

// Of the password that was read last, whichever node it was for.
uint64_t Cluster::NewestSecret() const {
  const auto last =
      std::max_element(members_.begin(), members_.end(), [](const Member& a, const Member& b) {
        return a.session->secret_read_at() < b.session->secret_read_at();
      });
  return last == members_.end() ? 0 : last->session->secret_read();
}

// Members first: their connections are open. Then the seeds.
Result<void> Cluster::Discover(const PollContext& ctx) {
  Error error{Reason::kRefused, {}};
  std::string said;
  size_t asked = 0;
  const auto failed = [&](const Error& why) {
    error.reason = why.reason;
    if (said.size() < kErrorBytesMax) {
      said.append(said.empty() ? "" : "; ").append(why.message.substr(0, 200));
    }
  };
  // A node that hangs must leave time for the next, and for reading.
  const auto until = [&] { return ctx.Now() + ctx.Left() / 4; };
  for (Member& member : members_) {
    if (asked == kAskedMax / 2) break;
    if (!member.session->connected()) continue;
    ++asked;
    auto done = AskForNodes(ctx, member, until());
    if (done) return done;
    failed(done.error());
  }
  for (const Address& seed : settings_.topology.seeds) {
    if (asked++ == kAskedMax) break;
    size_t at = 0;
    while (at < members_.size() && members_[at].address.ToText() != seed.ToText()) ++at;
    if (at == members_.size()) members_.push_back(MakeMember(seed));
    auto done = AskForNodes(ctx, members_[at], until());
    if (done) return done;
    failed(done.error());
  }
  error.message = "no node tells of the cluster: " + said;
  return error;
}

Result<void> Cluster::AskForNodes(const PollContext& ctx, Member& member, MonoTime until) {
  member.session->SetUntil(until);
  auto reply = member.session->AskOne(ctx, {"CLUSTER", "NODES"});
  member.session->SetUntil(MonoTime(0));
  if (!reply) return reply.error();
  auto nodes = ParseClusterNodes(TextOf(reply->get()));
  if (nodes.empty()) {
    return Error{Reason::kProtocol, member.address.ToText() + ": CLUSTER NODES names no node"};
  }
  nodes_ = std::move(nodes);
  asked_host_ = member.address.host;
  return {};
}

Cluster::Member Cluster::MakeMember(const Address& address) const {
  Member member;
  member.address = address;
  member.session = std::make_unique<Session>(settings_, options_);
  member.session->SetAddress(address);
  return member;
}

Address Cluster::AddressOf(const ClusterNode& node) const {
  Address address;
  static_cast<Endpoint&>(address) = node.endpoint;
  if (address.host.empty()) address.host = asked_host_;
  // A certificate names hosts, mostly.
  if (settings_.tls && !node.hostname.empty()) address.host = node.hostname;
  address.tls = settings_.address.tls;
  return address;
}

std::string Cluster::NameOf(const ClusterNode& node) const { return AddressOf(node).ToText(); }

// Makes the members those nodes that are to be read: who stays keeps its session.
void Cluster::Choose() {
  std::vector<Address> wanted;
  for (const ClusterNode& node : nodes_) {
    const bool of_use = node.is_master || (node.is_replica && settings_.topology.include_replicas);
    if (of_use && node.reachable()) wanted.push_back(AddressOf(node));
  }
  const auto by_text = [](const Address& a, const Address& b) { return a.ToText() < b.ToText(); };
  std::sort(wanted.begin(), wanted.end(), by_text);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  const size_t count = std::min(wanted.size(), settings_.topology.nodes_max);
  left_out_ = wanted.size() - count;
  wanted.resize(count);
  std::vector<Member> chosen;
  for (const Address& address : wanted) {
    const auto known = std::find_if(members_.begin(), members_.end(), [&](const Member& m) {
      return m.session != nullptr && m.address.ToText() == address.ToText();
    });
    chosen.push_back(known == members_.end() ? MakeMember(address) : std::move(*known));
  }
  members_ = std::move(chosen);
}

}  // namespace pillion::redis
