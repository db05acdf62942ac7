#include "plugin/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace pillion {
namespace {

constexpr size_t kHostBytesMax = 255;

// Threads that may hang in the system's resolver at once. What comes while they all do waits for
// one of them, until its caller gives up.
constexpr int kThreadsMax = 16;

// One name. Its caller may give up while a thread still works on it: both hold it.
struct Lookup {
  explicit Lookup(std::string_view name) : host(name), done(::eventfd(0, EFD_CLOEXEC)) {}
  ~Lookup() {
    if (found != nullptr) ::freeaddrinfo(found);
    if (done >= 0) ::close(done);
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  const std::string host;
  const int done;
  std::atomic<bool> finished{false};  // set by the thread after the two below, before `done`
  addrinfo* found = nullptr;
  int result = 0;
};

// The names that wait, and the threads that look them up: started when needed, gone when nothing
// waits. Never destroyed, as a thread may hang when the process ends.
class Lookups {
 public:
  static Lookups& Instance() {
    static auto& lookups = *new Lookups;
    return lookups;
  }

  // Throws std::system_error if there is no thread for it and none that would come to it.
  void Add(std::shared_ptr<Lookup> lookup) {
    const std::lock_guard lock(mutex_);
    if (threads_ < kThreadsMax) {
      try {
        std::thread([this] { Run(); }).detach();
        ++threads_;
      } catch (const std::system_error&) {
        if (threads_ == 0) throw;
      }
    }
    waiting_.push_back(std::move(lookup));
  }

  // A caller gives up: what no thread has begun is forgotten, so that what waits is bounded by
  // the number of callers.
  void Remove(const std::shared_ptr<Lookup>& lookup) {
    const std::lock_guard lock(mutex_);
    std::erase(waiting_, lookup);
  }

 private:
  void Run() {
    pthread_setname_np(pthread_self(), "pillion-dns");
    while (const std::shared_ptr<Lookup> lookup = Next()) LookUp(*lookup);
  }

  std::shared_ptr<Lookup> Next() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      --threads_;
      return nullptr;
    }
    std::shared_ptr<Lookup> next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

  static void LookUp(Lookup& lookup) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    lookup.result = ::getaddrinfo(lookup.host.c_str(), nullptr, &hints, &lookup.found);
    lookup.finished = true;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(lookup.done, &one, sizeof one);
  }

  std::mutex mutex_;
  std::deque<std::shared_ptr<Lookup>> waiting_;  // guarded by mutex_
  int threads_ = 0;                              // guarded by mutex_
};

std::vector<std::string> Addresses(const addrinfo* list) {
  std::vector<std::string> addresses;
  for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
    char text[INET6_ADDRSTRLEN + 1] = {};
    const void* raw = nullptr;
    if (a->ai_family == AF_INET) {
      raw = &reinterpret_cast<const sockaddr_in*>(a->ai_addr)->sin_addr;
    } else if (a->ai_family == AF_INET6) {
      raw = &reinterpret_cast<const sockaddr_in6*>(a->ai_addr)->sin6_addr;
    }
    if (raw != nullptr && ::inet_ntop(a->ai_family, raw, text, sizeof text)) {
      addresses.emplace_back(text);
    }
  }
  return addresses;
}

bool IsNumeric(const std::string& host) {
  in6_addr ignored;
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

Result<std::vector<std::string>> ResolveHost(std::string_view host,
                                             const std::function<bool(int fd)>& wait_readable) {
  if (host.empty() || host.size() > kHostBytesMax || host.find('\0') != std::string_view::npos) {
    return Error{Reason::kDns, "not a host name"};
  }
  auto lookup = std::make_shared<Lookup>(host);
  if (IsNumeric(lookup->host)) return std::vector<std::string>{lookup->host};
  if (lookup->done < 0) return Error{Reason::kLimit, "no descriptor left for a name look-up"};

  Lookups& lookups = Lookups::Instance();
  try {
    lookups.Add(lookup);
  } catch (const std::system_error&) {
    return Error{Reason::kLimit, "no thread left for a name look-up"};
  }
  if (!wait_readable(lookup->done) || !lookup->finished) {
    lookups.Remove(lookup);
    return Error{Reason::kTimeout, "the name was not resolved by the deadline"};
  }
  if (lookup->result != 0) return Error{Reason::kDns, ::gai_strerror(lookup->result)};
  std::vector<std::string> addresses = Addresses(lookup->found);
  if (addresses.empty()) return Error{Reason::kDns, "the name has no address"};
  return addresses;
}

}  // namespace pillion
