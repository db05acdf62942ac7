#include "plugin/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <memory>

namespace pillion {
namespace {

constexpr size_t kHostBytesMax = 255;

// What glibc's helper thread works on. It outlives a caller that gave up: the notification holds
// a reference of its own.
struct Lookup {
  explicit Lookup(std::string_view name) : host(name), done(::eventfd(0, EFD_CLOEXEC)) {
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    request.ar_name = host.c_str();
    request.ar_request = &hints;
  }
  ~Lookup() {
    if (request.ar_result != nullptr) ::freeaddrinfo(request.ar_result);
    if (done >= 0) ::close(done);
  }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  std::string host;
  addrinfo hints{};
  gaicb request{};
  int done;
};

[[maybe_unused]] void Notify(sigval value) {
  const std::unique_ptr<std::shared_ptr<Lookup>> lookup(
      static_cast<std::shared_ptr<Lookup>*>(value.sival_ptr));
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write((*lookup)->done, &one, sizeof one);
}

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

#if defined(__SANITIZE_THREAD__)
  // glibc starts its helper thread behind ThreadSanitizer's back, which then crashes in Notify.
  const int looked_up =
      ::getaddrinfo(lookup->host.c_str(), nullptr, &lookup->hints, &lookup->request.ar_result);
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(lookup->done, &one, sizeof one);
#else
  auto reference = std::make_unique<std::shared_ptr<Lookup>>(lookup);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_value.sival_ptr = reference.get();
  event.sigev_notify_function = &Notify;
  gaicb* list[1] = {&lookup->request};
  if (const int rc = ::getaddrinfo_a(GAI_NOWAIT, list, 1, &event); rc != 0) {
    return Error{Reason::kDns, ::gai_strerror(rc)};
  }
  static_cast<void>(reference.release());  // Notify owns it now
#endif
  if (!wait_readable(lookup->done)) {
    // Not cancelled: glibc sends no notification for a cancelled look-up, and the reference that
    // Notify holds would never be freed.
    return Error{Reason::kTimeout, "the name was not resolved by the deadline"};
  }
#if !defined(__SANITIZE_THREAD__)
  const int looked_up = ::gai_error(&lookup->request);
#endif
  if (looked_up != 0) {
    return Error{Reason::kDns, ::gai_strerror(looked_up)};
  }
  std::vector<std::string> addresses = Addresses(lookup->request.ar_result);
  if (addresses.empty()) return Error{Reason::kDns, "the name has no address"};
  return addresses;
}

}  // namespace pillion
