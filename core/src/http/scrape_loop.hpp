// ScrapeLoop: what runs in the scrape plane's thread: the listeners, the connections, the beat.
//
// Internal to this folder: it includes Asio, which is expensive to compile.
#pragma once

#include "http/asio.hpp"
#include "http/connection_book.hpp"
#include "http/listen_socket.hpp"
#include "http/loop_watch.hpp"
#include "http/mailbox.hpp"
#include "http/pinned_bodies.hpp"
#include "http/scrape_plane.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace pillion {

class ScrapeConnection;

// The loop's beat: overdue connections are looked for, paused listeners tried again. Not more often
// than that, and if there is nothing of the kind, not before loop_beat_max: waiting for the next
// scrape shall cost nothing.
inline constexpr std::chrono::milliseconds kLoopBeat{500};
// How long an answered connection may go on sending before it is cut.
inline constexpr std::chrono::seconds kLingerMax{1};
// When descriptors are short, a connection that has idled for less is not closed for another.
inline constexpr std::chrono::milliseconds kSparedFor{100};
// Connections accepted before others get their turn.
inline constexpr int kAcceptBatch = 64;

class ScrapeLoop {
 public:
  using Clock = std::chrono::steady_clock;

  // `limits.connections_max` is not 0 any more. The handler must outlive Run.
  ScrapeLoop(const ScrapePlaneConfig& config, ScrapeHandler* handler,
             std::vector<ListenSocket> listeners, std::vector<ListenSocket> health_listeners);
  ~ScrapeLoop();

  // The body of the thread; returns after RequestStop, when the last connection is gone.
  void Run();
  // From any thread.
  void RequestStop();
  ScrapePlaneStats Stats() const;

  // What connections use, in the loop's thread.
  const ScrapePlaneConfig& config() const { return config_; }
  ScrapeHandler& handler() { return *handler_; }
  ConnectionBook& book() { return book_; }
  // Into the book, and into a phase of it, from now on.
  void Add(ConnectionBook::Entry* entry);
  void Enter(ConnectionBook::Entry* entry, Phase phase);
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  bool draining() const { return draining_; }
  bool late() const { return watch_.Late(Clock::now()); }
  // "host:port" for /sd when the client's own Host header is no use.
  const std::string& fallback_target() const { return fallback_target_; }
  // A connection begins to write a page, or is done with it. `Pin` may close others.
  void Pin(uint64_t connection, const Body* body, std::string kind);
  void Unpin(uint64_t connection);
  void Forget(uint64_t connection);
  void CountFailedHandshake() { ++handshakes_failed_total_; }
  void CountRefused() { ++requests_refused_total_; }

 private:
  struct Listener {
    Listener(asio::io_context& io, ListenSocket listen_socket, bool health);
    ~Listener();
    ListenSocket socket;
    asio::posix::stream_descriptor ready;  // borrows the socket's descriptor
    bool health_only;
    bool paused = false;
  };

  void Await(Listener& listener);
  // True unless the listener had to be paused.
  bool AcceptSome(Listener& listener);
  void Adopt(int fd, const Listener& listener);
  // Null for a plain connection; nothing if there is no memory for a channel.
  std::optional<std::unique_ptr<TlsChannel>> ChannelFor(int fd, const Listener& listener);
  // Closes the connection that is missed least, none beyond phase `last`.
  void CloseOne(Phase last);
  void Pause(Listener& listener);
  void Resume();
  void ArmBeat(Clock::duration after);
  void BeatWithin(Clock::duration most);
  void KeepBeating();
  void Beat();
  Clock::duration NextBeat(Clock::time_point now) const;
  void BeginStop();
  void EndIfDrained();
  std::vector<std::shared_ptr<ScrapeConnection>> Connections() const;

  const ScrapePlaneConfig config_;
  ScrapeHandler* const handler_;
  asio::io_context io_{1};
  std::vector<std::unique_ptr<Listener>> listeners_;
  asio::steady_timer beat_{io_};
  Clock::time_point beat_at_;
  asio::steady_timer drain_{io_};
  ConnectionBook book_;
  PinnedBodies pinned_;
  LoopWatch watch_;
  std::unordered_map<uint64_t, std::shared_ptr<ScrapeConnection>> connections_;
  std::shared_ptr<Mailbox> mailbox_;
  std::string fallback_target_;
  uint64_t last_id_ = 0;
  bool draining_ = false;

  std::atomic<uint64_t> connections_now_{0};
  std::atomic<uint64_t> accepted_total_{0};
  std::atomic<uint64_t> closed_at_cap_total_{0};
  std::atomic<uint64_t> readers_closed_total_{0};
  std::atomic<uint64_t> pinned_bytes_{0};
  std::atomic<uint64_t> accept_pauses_total_{0};
  std::atomic<uint64_t> handshakes_failed_total_{0};
  std::atomic<uint64_t> requests_refused_total_{0};
};

}  // namespace pillion
