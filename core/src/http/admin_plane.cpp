#include "http/admin_plane.hpp"

#include "config/listen_address.hpp"
#include "http/answer.hpp"
#include "http/request_rules.hpp"

#include <civetweb.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace pillion {
namespace {

// civetweb looks for a stop in steps of this time at most while a client is silent; it also is
// how long such a client can occupy one of the two threads.
constexpr const char* kRequestTimeoutMs = "500";
constexpr const char* kThreads = "2";
constexpr std::chrono::milliseconds kWakeEvery{10};

Answer AnswerTo(const mg_request_info& request, const std::function<StatusReport()>& report) {
  const char* host = nullptr;
  int hosts = 0;
  for (int i = 0; i < request.num_headers; ++i) {
    if (strcasecmp(request.http_headers[i].name, "Host") != 0) continue;
    host = request.http_headers[i].value;
    ++hosts;
  }
  if (hosts != 1 || !IsLoopbackHost(host)) {
    return TextAnswer(403, "The Host header must be 127.0.0.1, localhost or [::1].");
  }
  const std::string_view path = request.local_uri != nullptr ? request.local_uri : "";
  if (path != "/" && path != "/status.json") {
    return TextAnswer(404, "Not found. There is:\n/\n/status.json");
  }
  const std::string_view method = request.request_method;
  if (method != "GET" && method != "HEAD") {
    Answer answer = TextAnswer(405, "Only GET and HEAD are possible here.");
    answer.names_methods = true;
    return answer;
  }
  Answer answer;
  answer.is_page = path == "/";
  answer.content_type = answer.is_page ? "text/html; charset=utf-8" : "application/json";
  answer.text = answer.is_page ? StatusPageHtml(report()) : StatusPageJson(report());
  return answer;
}

// A connection to ourselves that is closed at once. Never blocks.
void Knock(const ListenAddress& own) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(own.port);
  std::memcpy(&to.sin_addr, own.ip.data(), sizeof(to.sin_addr));
  (void)connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  close(fd);
}

// Our descriptor that listens on this address; -1: there is none. civetweb does not tell.
int ListeningSocket(const in_addr& ip, uint16_t port) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const int fd = std::atoi(entry.path().filename().c_str());
    int listens = 0;
    socklen_t size = sizeof(listens);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) continue;
    sockaddr_in own{};
    size = sizeof(own);
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) continue;
    const bool same = own.sin_family == AF_INET && own.sin_addr.s_addr == ip.s_addr;
    if (same && ntohs(own.sin_port) == port) return fd;
  }
  return -1;
}

}  // namespace

struct AdminPlane::Impl {
  std::string listen;
  std::function<StatusReport()> report;

  std::mutex life;  // one Start or Stop at a time
  mg_context* context = nullptr;

  in_addr ip{};          // that it listens on
  int stopping_fd = -1;  // an eventfd, readable once it is to stop

  mutable std::mutex mutex;  // guards what follows; never held while civetweb runs
  std::string address;
  std::string first_message;  // civetweb's, to say why it didn't start

  static int OnRequest(mg_connection* connection);
  static int OnMessage(const mg_connection* connection, const char* message);
  static void* OnThread(const mg_context* context, int thread_type);
  void StopCivetweb(const ListenAddress& own);
};

// Never lets an exception through C code.
int AdminPlane::Impl::OnRequest(mg_connection* connection) {
  const mg_request_info* request = mg_get_request_info(connection);
  const auto* impl = static_cast<const Impl*>(request->user_data);
  Answer answer;
  std::string head;
  try {
    try {
      answer = AnswerTo(*request, impl->report);
    } catch (const std::exception& error) {
      answer = TextAnswer(500, std::string("The report failed: ") + error.what());
    }
    answer.never_stored = true;
    head = AnswerHead(answer, Persistence::kClose, std::time(nullptr));
  } catch (...) {
    return 500;
  }
  mg_write(connection, head.data(), head.size());
  if (std::string_view(request->request_method) != "HEAD") {
    mg_write(connection, answer.text.data(), answer.text.size());
  }
  return answer.status;
}

int AdminPlane::Impl::OnMessage(const mg_connection* connection, const char* message) {
  auto* impl = static_cast<Impl*>(mg_get_user_data(mg_get_context(connection)));
  try {
    const std::lock_guard lock(impl->mutex);
    // The first names the cause, those after it only who gave up because of it.
    if (impl->first_message.empty()) impl->first_message = message;
  } catch (...) {
    return 1;  // without memory the message is lost, nothing else
  }
  return 1;  // civetweb shall not write it anywhere itself
}

// civetweb's accepting thread looks for connections every two seconds, which is half of what an
// idle sidecar costs. Nobody looks at most sidecars' status page, so the thread sleeps here until
// somebody does; from then on it is as civetweb has it.
void* AdminPlane::Impl::OnThread(const mg_context* context, int thread_type) {
  constexpr int kAccepting = 0;
  const auto* impl = static_cast<const Impl*>(mg_get_user_data(context));
  if (thread_type != kAccepting || impl->stopping_fd < 0) return nullptr;
  try {
    mg_server_port bound{};
    if (mg_get_server_ports(context, 1, &bound) < 1) return nullptr;
    const int listening = ListeningSocket(impl->ip, static_cast<uint16_t>(bound.port));
    if (listening < 0) return nullptr;
    pollfd news[] = {{listening, POLLIN, 0}, {impl->stopping_fd, POLLIN, 0}};
    while (poll(news, std::size(news), -1) < 0 && errno == EINTR) {
    }
  } catch (const std::exception&) {
    // It sleeps as civetweb does, then.
  }
  return nullptr;
}

AdminPlane::AdminPlane(std::string listen, std::function<StatusReport()> report)
    : impl_(std::make_unique<Impl>()) {
  impl_->listen = std::move(listen);
  impl_->report = std::move(report);
}

AdminPlane::~AdminPlane() {
  Stop();
  if (impl_->stopping_fd >= 0) close(impl_->stopping_fd);
}

Result<void> AdminPlane::Start() {
  const std::lock_guard life(impl_->life);
  if (impl_->context != nullptr) return {Reason::kInternal, "the admin plane runs already"};
  auto address = ParseListenAddress(impl_->listen);
  if (!address) return address.error();
  if (address->kind != ListenAddress::Kind::kIpv4 || !address->is_loopback()) {
    return {Reason::kInternal,
            fmt::format("admin listen address \"{}\": the admin plane never stands on the network; "
                        "use 127.0.0.1:PORT or localhost:PORT",
                        impl_->listen)};
  }

  std::memcpy(&impl_->ip, address->ip.data(), sizeof(impl_->ip));
  if (impl_->stopping_fd >= 0) close(impl_->stopping_fd);
  impl_->stopping_fd = eventfd(0, EFD_CLOEXEC);
  mg_init_library(0);  // without TLS: civetweb would otherwise load OpenSSL by itself
  mg_callbacks callbacks{};
  callbacks.begin_request = &Impl::OnRequest;
  callbacks.log_message = &Impl::OnMessage;
  callbacks.init_thread = &Impl::OnThread;
  const std::string ports = ToString(*address);
  // No document_root, ever: nothing of the file system is served.
  const char* options[] = {
      "listening_ports",    ports.c_str(),     "num_threads", kThreads, "enable_keep_alive", "no",
      "request_timeout_ms", kRequestTimeoutMs, nullptr};
  mg_context* context = mg_start(&callbacks, impl_.get(), options);
  const std::lock_guard lock(impl_->mutex);
  if (context == nullptr) {
    mg_exit_library();
    return {Reason::kInternal, fmt::format("listen on {}: {}", ports, impl_->first_message)};
  }
  mg_server_port bound{};
  mg_get_server_ports(context, 1, &bound);
  address->port = static_cast<uint16_t>(bound.port);
  impl_->address = ToString(*address);
  impl_->context = context;
  return {};
}

std::string AdminPlane::Address() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->address;
}

void AdminPlane::Stop() {
  const std::lock_guard life(impl_->life);
  if (impl_->context == nullptr) return;
  const auto own = ParseListenAddress(Address());
  impl_->StopCivetweb(*own);
  impl_->context = nullptr;
  mg_exit_library();
}

// mg_stop waits until civetweb's accepting thread looks at its flag, which it does every 2 s or
// after a connection: so one connects until it has stopped.
void AdminPlane::Impl::StopCivetweb(const ListenAddress& own) {
  if (stopping_fd >= 0) eventfd_write(stopping_fd, 1);
  std::mutex stop_mutex;
  std::condition_variable changed;
  bool stopped = false;
  std::thread waker;
  try {
    waker = std::thread([&] {
      std::unique_lock lock(stop_mutex);
      while (!stopped) {
        lock.unlock();
        Knock(own);
        lock.lock();
        changed.wait_for(lock, kWakeEvery, [&] { return stopped; });
      }
    });
  } catch (const std::system_error&) {
    // No thread to be had: then the stop takes its 2 s.
  }
  mg_stop(context);
  {
    const std::lock_guard lock(stop_mutex);
    stopped = true;
  }
  changed.notify_all();
  if (waker.joinable()) waker.join();
}

}  // namespace pillion
