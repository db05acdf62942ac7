#include "http/scrape_loop.hpp"

#include "http/scrape_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <utility>

namespace pillion {
namespace {

using ErrorCode = boost::system::error_code;

ConnectionBook::Limits BookLimits(const ScrapePlaneLimits& limits) {
  ConnectionBook::Limits book{};
  book[static_cast<size_t>(Phase::kLingering)] = kLingerMax;
  book[static_cast<size_t>(Phase::kHandshaking)] = limits.handshake_timeout;
  book[static_cast<size_t>(Phase::kIdle)] = limits.idle_timeout;
  book[static_cast<size_t>(Phase::kReading)] = limits.request_timeout;
  book[static_cast<size_t>(Phase::kWriting)] = limits.write_stall_timeout;
  // Waiting has no limit here: the handler answers in any case, by the scrape's deadline.
  return book;
}

// Errors of accept(2) that concern one connection only, which is then gone.
bool IsOfOneConnection(int number) {
  switch (number) {
    case EINTR:
    case ECONNABORTED:
    case EPERM:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH: return true;
    default: return false;
  }
}

bool SomebodyWaits(int listening) {
  pollfd waiting{listening, POLLIN, 0};
  return poll(&waiting, 1, 0) > 0;
}

}  // namespace

ScrapeLoop::Listener::Listener(asio::io_context& io, ListenSocket listen_socket, bool health)
    : socket(std::move(listen_socket)), ready(io, socket.fd()), health_only(health) {}

ScrapeLoop::Listener::~Listener() { ready.release(); }

ScrapeLoop::ScrapeLoop(const ScrapePlaneConfig& config, ScrapeHandler* handler,
                       std::vector<ListenSocket> listeners,
                       std::vector<ListenSocket> health_listeners)
    : config_(config),
      handler_(handler),
      book_(BookLimits(config.limits)),
      pinned_(config.limits.pinned_body_bytes_max),
      watch_(config.limits.loop_late_max) {
  fallback_target_ = "localhost";
  for (ListenSocket& socket : listeners) {
    if (fallback_target_ == "localhost" && socket.address().kind != ListenAddress::Kind::kUnix) {
      fallback_target_ = ToString(socket.address());
    }
    listeners_.push_back(std::make_unique<Listener>(io_, std::move(socket), false));
  }
  for (ListenSocket& socket : health_listeners) {
    listeners_.push_back(std::make_unique<Listener>(io_, std::move(socket), true));
  }
  mailbox_ = std::make_shared<Mailbox>([this](uint64_t connection, Mailbox::Letter letter) {
    asio::post(io_, [this, connection, letter = std::move(letter)] {
      const auto found = connections_.find(connection);
      if (found != connections_.end()) {
        const auto held = found->second;
        letter(*held);
      }
    });
  });
  // Now and not in Run: a RequestStop that comes at once must find it done.
  for (const auto& listener : listeners_) Await(*listener);
  ArmBeat(kLoopBeat);
}

ScrapeLoop::~ScrapeLoop() { mailbox_->Close(); }

void ScrapeLoop::Run() {
  for (;;) {
    try {
      io_.run();
      break;
    } catch (const std::exception&) {
      // Memory ran out in one handler: that connection is stuck until it is overdue or closed at
      // the cap; the others go on. It may have been the beat's.
      KeepBeating();
    }
  }
  mailbox_->Close();
}

void ScrapeLoop::RequestStop() {
  asio::post(io_, [this] { BeginStop(); });
}

ScrapePlaneStats ScrapeLoop::Stats() const {
  ScrapePlaneStats stats;
  stats.connections = connections_now_;
  stats.connections_accepted_total = accepted_total_;
  stats.connections_closed_at_cap_total = closed_at_cap_total_;
  stats.readers_closed_total = readers_closed_total_;
  stats.pinned_body_bytes = pinned_bytes_;
  stats.accept_pauses_total = accept_pauses_total_;
  stats.handshakes_failed_total = handshakes_failed_total_;
  stats.requests_refused_total = requests_refused_total_;
  return stats;
}

// --- accepting -------------------------------------------------------------------------------

void ScrapeLoop::Await(Listener& listener) {
  listener.ready.async_wait(asio::posix::stream_descriptor::wait_read,
                            [this, &listener](ErrorCode error) {
                              if (error || draining_) return;
                              try {
                                if (AcceptSome(listener)) Await(listener);
                              } catch (const std::exception&) {
                                listener.paused = true;  // until the beat: memory ran out
                                throw;
                              }
                            });
}

bool ScrapeLoop::AcceptSome(Listener& listener) {
  for (int i = 0; i < kAcceptBatch; ++i) {
    const int fd = accept4(listener.socket.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Adopt(fd, listener);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return true;
    } else if (!IsOfOneConnection(errno)) {
      // The kernel looks for a free descriptor before it looks whether anybody waits.
      if (!SomebodyWaits(listener.socket.fd())) return true;
      Pause(listener);  // no descriptors or no memory: trying again at once would only spin
      return false;
    }
  }
  return true;
}

void ScrapeLoop::Adopt(int fd, const Listener& listener) {
  const ListenAddress::Kind kind = listener.socket.address().kind;
  int family = AF_UNIX;
  if (kind != ListenAddress::Kind::kUnix) {
    family = kind == ListenAddress::Kind::kIpv4 ? AF_INET : AF_INET6;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  StreamSocket socket(io_);
  ErrorCode error;
  socket.assign(asio::generic::stream_protocol(family, 0), fd, error);
  if (error) {
    close(fd);
    return;
  }
  if (connections_.size() >= config_.limits.connections_max) CloseOne(Phase::kWaiting);
  auto channel = ChannelFor(fd, listener);
  if (!channel) return;
  const uint64_t id = ++last_id_;
  auto connection = std::make_shared<ScrapeConnection>(
      this, ConnectionStream(std::move(socket), *std::move(channel)), id, listener.health_only);
  connections_.emplace(id, connection);
  ++accepted_total_;
  connections_now_ = connections_.size();
  connection->Start();
}

std::optional<std::unique_ptr<TlsChannel>> ScrapeLoop::ChannelFor(int fd,
                                                                  const Listener& listener) {
  if (listener.health_only || config_.guard == nullptr || !config_.guard->UsesTls()) {
    return std::unique_ptr<TlsChannel>();
  }
  // Who shakes hands honestly is done in two round trips.
  if (book_.Count(Phase::kHandshaking) >= config_.limits.handshakes_max) {
    CountFailedHandshake();
    connections_.at(book_.First(Phase::kHandshaking)->id)->Close();
  }
  auto channel = config_.guard->Accept(fd);
  if (!channel) return std::nullopt;
  return channel;
}

void ScrapeLoop::CloseOne(Phase last) {
  const ConnectionBook::Entry* victim = book_.Victim(last);
  if (victim == nullptr) return;
  ++closed_at_cap_total_;
  connections_.at(victim->id)->Close();
}

void ScrapeLoop::Pause(Listener& listener) {
  listener.paused = true;
  ++accept_pauses_total_;
  BeatWithin(kLoopBeat);
  // The descriptors may all be in our own idle hands. What is being answered goes on, and who has
  // just come is given a chance.
  const ConnectionBook::Entry* victim = book_.Victim(Phase::kReading);
  if (victim != nullptr && Clock::now() - victim->since >= kSparedFor) CloseOne(Phase::kReading);
}

void ScrapeLoop::Resume() {
  if (draining_) return;
  for (const auto& listener : listeners_) {
    if (!listener->paused) continue;
    listener->paused = false;
    Await(*listener);
  }
}

void ScrapeLoop::Forget(uint64_t connection) {
  connections_.erase(connection);
  connections_now_ = connections_.size();
  Resume();
  EndIfDrained();
}

// --- pages in memory -------------------------------------------------------------------------

void ScrapeLoop::Pin(uint64_t connection, const Body* body, std::string kind) {
  pinned_.Add(connection, body, std::move(kind));
  while (const uint64_t victim = pinned_.Victim()) {
    ++readers_closed_total_;
    connections_.at(victim)->Close();  // unpins it
  }
  pinned_bytes_ = pinned_.bytes();
}

void ScrapeLoop::Unpin(uint64_t connection) {
  pinned_.Remove(connection);
  pinned_bytes_ = pinned_.bytes();
}

// --- the beat --------------------------------------------------------------------------------

void ScrapeLoop::ArmBeat(Clock::duration after) {
  beat_at_ = Clock::now() + after;
  watch_.Expect(beat_at_);
  beat_.expires_at(beat_at_);
  beat_.async_wait([this](ErrorCode error) {
    if (!error) Beat();
  });
}

void ScrapeLoop::BeatWithin(Clock::duration most) {
  if (Clock::now() + most < beat_at_) ArmBeat(most);
}

void ScrapeLoop::KeepBeating() {
  try {
    if (!draining_ || !connections_.empty()) ArmBeat(kLoopBeat);
  } catch (const std::exception&) {
    // With the next one, then.
  }
}

void ScrapeLoop::Beat() {
  const Clock::time_point now = Clock::now();
  watch_.Beat(now);
  if (!draining_ || !connections_.empty()) ArmBeat(NextBeat(now));
  for (const ConnectionBook::Entry* entry : book_.Expired(now)) {
    connections_.at(entry->id)->OnOverdue();
  }
  Resume();
}

ScrapeLoop::Clock::duration ScrapeLoop::NextBeat(Clock::time_point now) const {
  const bool paused = std::any_of(listeners_.begin(), listeners_.end(),
                                  [](const auto& listener) { return listener->paused; });
  if (paused || watch_.Late(now)) return kLoopBeat;
  const Clock::duration most = std::max<Clock::duration>(config_.limits.loop_beat_max, kLoopBeat);
  return std::clamp<Clock::duration>(book_.NextExpiry() - now, kLoopBeat, most);
}

void ScrapeLoop::Add(ConnectionBook::Entry* entry) {
  book_.Add(entry, Clock::now());
  Enter(entry, entry->phase);
}

void ScrapeLoop::Enter(ConnectionBook::Entry* entry, Phase phase) {
  book_.Enter(entry, phase, Clock::now());
  const Clock::duration limit = book_.Limit(phase);
  if (limit != Clock::duration::zero()) BeatWithin(std::max<Clock::duration>(limit, kLoopBeat));
}

// --- the end ---------------------------------------------------------------------------------

void ScrapeLoop::BeginStop() {
  if (draining_) return;
  // Who has connected already gets an answer: the kernel would reset what is not accepted.
  for (const auto& listener : listeners_) AcceptSome(*listener);
  draining_ = true;
  listeners_.clear();
  for (const auto& connection : Connections()) connection->OnDraining();
  drain_.expires_after(config_.limits.drain_timeout);
  drain_.async_wait([this](ErrorCode error) {
    if (error) return;
    for (const auto& connection : Connections()) connection->Close();
  });
  EndIfDrained();
}

std::vector<std::shared_ptr<ScrapeConnection>> ScrapeLoop::Connections() const {
  std::vector<std::shared_ptr<ScrapeConnection>> all;
  all.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) all.push_back(connection);
  return all;
}

// Without timers and connections nothing is left to do, and Run returns.
void ScrapeLoop::EndIfDrained() {
  if (!draining_ || !connections_.empty()) return;
  beat_.cancel();
  drain_.cancel();
}

}  // namespace pillion
