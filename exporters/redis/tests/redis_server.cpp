#include "redis_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace pillion::redis::testing {
namespace {

constexpr int kStartMax = 400;  // times 50 ms
constexpr int kAnswerMs = 5000;

const char* Program() {
  const char* given = std::getenv("PILLION_REDIS_SERVER");  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr ? given : "/usr/bin/redis-server";
}

std::string Formatted(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

// Whether a simple reply (a line, or a bulk string) is there whole.
bool Whole(const std::string& reply) {
  const size_t end = reply.find("\r\n");
  if (end == std::string::npos) return false;
  if (reply[0] != '$') return true;
  const long size = std::strtol(reply.c_str() + 1, nullptr, 10);
  return size < 0 || reply.size() >= end + 2 + static_cast<size_t>(size) + 2;
}

}  // namespace

int FreePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  (void)::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

bool MissingServer() {
  if (::access(Program(), X_OK) == 0) return false;
  std::cout << "SKIPPED: apt:redis-server is not installed\n" << std::flush;
  return true;
}

RedisServer::RedisServer(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
  MakeDirectory();
  Start();
}

RedisServer::RedisServer(SentinelTag, const std::string& lines) {
  MakeDirectory();
  sentinel_config_ = directory_ + "/sentinel.conf";
  std::ofstream(sentinel_config_) << "port " << port_ << "\nbind 127.0.0.1\ndir " << directory_
                                  << "\nlogfile " << directory_ << "/log\n"
                                  << lines;
  Start();
}

std::unique_ptr<RedisServer> RedisServer::Sentinel(const std::string& lines) {
  return std::unique_ptr<RedisServer>(new RedisServer(SentinelTag(), lines));
}

void RedisServer::MakeDirectory() {
  char name[] = "/tmp/pillion-redis-XXXXXX";
  if (::mkdtemp(name) == nullptr) throw std::runtime_error("no directory in /tmp");
  directory_ = name;
  port_ = FreePort();
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::vector<std::string> RedisServer::Words() const {
  if (!sentinel_config_.empty()) return {Program(), sentinel_config_, "--sentinel"};
  std::vector<std::string> words = {Program(),
                                    "--port",
                                    std::to_string(port_),
                                    "--bind",
                                    "127.0.0.1",
                                    "--unixsocket",
                                    socket(),
                                    "--dir",
                                    directory_,
                                    "--save",
                                    "",
                                    "--appendonly",
                                    "no",
                                    "--logfile",
                                    directory_ + "/log",
                                    "--repl-diskless-sync-delay",
                                    "0"};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  return words;
}

void RedisServer::Start() {
  std::vector<std::string> words = Words();
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing is left behind by a test that crashes
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  for (int i = 0; i < kStartMax; ++i) {
    if (Answers()) return;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error("redis-server did not start in " + directory_);
}

bool RedisServer::Answers() const {
  const std::string reply = Ask({"PING"});
  return !reply.empty() && (reply[0] == '+' || reply.starts_with("-NOAUTH"));
}

std::string RedisServer::Ask(const std::vector<std::string>& words) const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port_));
  std::string reply;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = Formatted(words);
    (void)::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    char bytes[4096];
    while (!Whole(reply)) {
      pollfd wait{fd, POLLIN, 0};
      if (::poll(&wait, 1, kAnswerMs) <= 0) break;
      const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
      if (n <= 0) break;
      reply.append(bytes, static_cast<size_t>(n));
    }
  }
  ::close(fd);
  return reply;
}

double RedisServer::InfoNumber(const std::string& field) const {
  const std::string text = Ask({"INFO", "ALL"});
  const size_t at = text.find("\r\n" + field + ":");
  return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + 3 + field.size(), nullptr);
}

void RedisServer::Signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

void RedisServer::Kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace pillion::redis::testing
