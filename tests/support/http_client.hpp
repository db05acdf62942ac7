// A raw HTTP client for tests: it sends exactly the bytes it is told to, and can be as slow, rude
// and broken as a test needs. Every wait ends after kHang.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace pillion::test {

// No wait in a test lasts longer; far beyond what a loaded machine needs.
inline constexpr std::chrono::seconds kHang{20};

// Waits until `condition` holds; false if it never did.
template <typename Condition>
bool Eventually(Condition condition, std::chrono::milliseconds at_most = kHang) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

class HttpClient {
 public:
  // "127.0.0.1:80", "[::1]:80", "unix:/path". connected() says whether it worked.
  explicit HttpClient(const std::string& address) { Open(address); }
  HttpClient(HttpClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), error_(other.error_), input_(std::move(other.input_)) {}
  HttpClient& operator=(HttpClient&&) = delete;
  ~HttpClient() { Close(); }

  bool connected() const { return fd_ >= 0; }
  int error() const { return error_; }
  int fd() const { return fd_; }

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  // Closes so that the peer sees a reset instead of an orderly end.
  void Reset() {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    Close();
  }

  // False once the peer is gone.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  void FinishSending() { shutdown(fd_, SHUT_WR); }

  // The next answer; empty if the connection ended or hung before it was complete.
  // `has_body` is false for the answer to HEAD.
  std::optional<HttpAnswer> Receive(bool has_body = true) {
    size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == input_.npos) {
      if (!ReadSome()) return {};
    }
    HttpAnswer answer = ParseHead(input_.substr(0, end + 2));
    input_.erase(0, end + 4);
    size_t length = 0;
    const std::string text = answer.header("content-length");
    std::from_chars(text.data(), text.data() + text.size(), length);
    if (!has_body) return answer;
    while (input_.size() < length) {
      if (!ReadSome()) return {};
    }
    answer.body = input_.substr(0, length);
    input_.erase(0, length);
    return answer;
  }

  std::optional<HttpAnswer> Get(const std::string& path, const std::string& more = "") {
    if (!Send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n")) return {};
    return Receive();
  }

  // True when the peer ends the connection, in whatever way; false if it never does.
  bool AwaitEnd() {
    while (ReadSome()) {
    }
    return ended_;
  }

  // True if nothing has come and the connection stands, right now.
  bool Quiet() const {
    pollfd waiting{fd_, POLLIN, 0};
    return input_.empty() && poll(&waiting, 1, 0) == 0;
  }

  const std::string& unread() const { return input_; }

 private:
  void Open(const std::string& address) {
    sockaddr_storage where{};
    socklen_t length = 0;
    if (address.starts_with("unix:")) {
      auto* un = reinterpret_cast<sockaddr_un*>(&where);
      un->sun_family = AF_UNIX;
      address.copy(un->sun_path, sizeof(un->sun_path) - 1, 5);
      length = sizeof(*un);
    } else if (address.starts_with("[")) {
      auto* v6 = reinterpret_cast<sockaddr_in6*>(&where);
      v6->sin6_family = AF_INET6;
      const size_t end = address.find(']');
      inet_pton(AF_INET6, address.substr(1, end - 1).c_str(), &v6->sin6_addr);
      v6->sin6_port = htons(static_cast<uint16_t>(std::stoi(address.substr(end + 2))));
      length = sizeof(*v6);
    } else {
      auto* v4 = reinterpret_cast<sockaddr_in*>(&where);
      v4->sin_family = AF_INET;
      const size_t colon = address.rfind(':');
      inet_pton(AF_INET, address.substr(0, colon).c_str(), &v4->sin_addr);
      v4->sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
      length = sizeof(*v4);
    }
    fd_ = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0 || connect(fd_, reinterpret_cast<sockaddr*>(&where), length) != 0) {
      error_ = errno;
      Close();
    }
  }

  bool ReadSome() {
    pollfd waiting{fd_, POLLIN, 0};
    const auto milliseconds = std::chrono::milliseconds(kHang).count();
    if (poll(&waiting, 1, static_cast<int>(milliseconds)) <= 0) return false;
    char buffer[65'536];
    const ssize_t got = recv(fd_, buffer, sizeof(buffer), 0);
    if (got <= 0) {
      ended_ = true;
      return false;
    }
    input_.append(buffer, static_cast<size_t>(got));
    return true;
  }

  static HttpAnswer ParseHead(std::string_view head) {
    HttpAnswer answer;
    const std::string_view line = head.substr(0, head.find("\r\n"));
    if (line.size() > 12) std::from_chars(line.data() + 9, line.data() + 12, answer.status);
    head.remove_prefix(line.size() + 2);
    while (!head.empty()) {
      const std::string_view field = head.substr(0, head.find("\r\n"));
      head.remove_prefix(field.size() + 2);
      const size_t colon = field.find(": ");
      std::string name(field.substr(0, colon));
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      answer.headers[name] = field.substr(colon + 2);
    }
    return answer;
  }

  int fd_ = -1;
  int error_ = 0;
  bool ended_ = false;
  std::string input_;
};

}  // namespace pillion::test
