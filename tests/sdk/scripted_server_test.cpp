#include <doctest/doctest.h>
#include <pillion/testing/scripted_server.hpp>

#include <cstring>
#include <string>

using pillion::testing::ClosedPort;
using pillion::testing::ScriptedServer;
using pillion::testing::Transport;

namespace {

// A plain blocking client. Reads give up after 10 s, so that a defect fails instead of hanging.
class Client {
 public:
  explicit Client(uint16_t port) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    Connect(reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  explicit Client(const std::string& path) {
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
    Connect(reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  ~Client() { Close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  int connect_errno() const { return connect_errno_; }
  void Send(std::string_view bytes) {
    REQUIRE(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  std::string Read(size_t size) {
    std::string bytes(size, '\0');
    const ssize_t n = recv(fd_, bytes.data(), size, MSG_WAITALL);
    error_ = n < 0 ? errno : 0;
    bytes.resize(n < 0 ? 0 : static_cast<size_t>(n));
    return bytes;
  }
  int error() const { return error_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  void Connect(const sockaddr* address, socklen_t size) {
    const timeval ten_seconds{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &ten_seconds, sizeof ten_seconds);
    connect_errno_ = connect(fd_, address, size) == 0 ? 0 : errno;
  }
  int fd_ = -1;
  int connect_errno_ = 0;
  int error_ = 0;
};

}  // namespace

TEST_CASE("a script answers what it expects") {
  ScriptedServer server([](ScriptedServer::Connection& c) {
    c.Expect("PING\r\n");
    c.Send("+PONG\r\n");
  });
  CHECK(server.address() == "127.0.0.1:" + std::to_string(server.port()));
  Client client(server.port());
  client.Send("PING\r\n");
  CHECK(client.Read(100) == "+PONG\r\n");  // all until the end
  CHECK(server.received() == "PING\r\n");
  CHECK(server.errors().empty());
}

TEST_CASE("what differs from the script is told") {
  ScriptedServer server([](ScriptedServer::Connection& c) {
    if (!c.Expect("PING")) c.Send("no");
  });
  Client client(server.port());
  client.Send("POST");
  CHECK(client.Read(2) == "no");
  REQUIRE(server.errors().size() == 1);
  CHECK(server.errors()[0] == "connection 1: expected `PING`, got `POST`");
}

TEST_CASE("a script reads up to a delimiter and by size and drips") {
  ScriptedServer server([](ScriptedServer::Connection& c) {
    const std::string line = c.ReadUntil("\n");
    const std::string rest = c.Read(3);
    c.Drip("[" + line + rest + "]");
  });
  Client client(server.port());
  client.Send("one\ntwo");
  CHECK(client.Read(100) == "[one\ntwo]");
}

TEST_CASE("a script waits until it is told and marks how far it is") {
  ScriptedServer server([](ScriptedServer::Connection& c) {
    c.Mark("here");
    if (c.WaitUntilTold()) c.Send("told");
  });
  Client client(server.port());
  CHECK(server.WaitForMark("here"));
  server.Tell();
  CHECK(client.Read(100) == "told");
}

TEST_CASE("the end of a server ends scripts that wait or hang or are silent") {
  ScriptedServer server([](ScriptedServer::Connection& c) {
    c.Mark(std::to_string(c.number()));
    if (c.number() == 1) c.WaitUntilTold();
    if (c.number() == 2) c.Hang();
    if (c.number() == 3) c.Silence();
    if (c.number() == 4) c.SendForever("x");
    if (c.number() == 5) c.Expect("more");
  });
  Client one(server.port()), two(server.port()), three(server.port()), four(server.port()),
      five(server.port());
  for (const char* mark : {"1", "2", "3", "4", "5"}) CHECK(server.WaitForMark(mark));
  CHECK(server.connections() == 5);
}

TEST_CASE("a script can close one side or reset") {
  ScriptedServer server([](ScriptedServer::Connection& c) {
    if (c.number() == 1) {
      c.CloseWrite();
      c.Expect("after");
      c.Mark("heard");
    } else {
      c.Read(1);
      c.Reset();
    }
  });
  Client half(server.port());
  CHECK(half.Read(1).empty());
  CHECK(half.error() == 0);
  half.Send("after");
  CHECK(server.WaitForMark("heard"));
  CHECK(server.errors().empty());
  Client reset(server.port());
  reset.Send("x");
  CHECK(reset.Read(1).empty());
  CHECK(reset.error() == ECONNRESET);
}

TEST_CASE("a server on a unix socket leaves nothing behind") {
  std::string directory;
  {
    ScriptedServer server([](ScriptedServer::Connection& c) { c.Send("hello"); }, Transport::kUnix);
    directory = server.directory();
    CHECK(server.address() == server.path());
    Client client(server.path());
    CHECK(client.Read(100) == "hello");
  }
  CHECK(access(directory.c_str(), F_OK) != 0);
}

TEST_CASE("a server that stopped listening refuses and keeps its connections") {
  for (const Transport transport : {Transport::kTcp, Transport::kUnix}) {
    ScriptedServer server(
        [](ScriptedServer::Connection& c) {
          c.Mark("open");
          c.WaitUntilTold();
          c.Send("still here");
        },
        transport);
    const bool tcp = transport == Transport::kTcp;
    Client open = tcp ? Client(server.port()) : Client(server.path());
    REQUIRE(server.WaitForMark("open"));
    server.StopListening();
    const Client late = tcp ? Client(server.port()) : Client(server.path());
    CHECK(late.connect_errno() == ECONNREFUSED);
    server.Tell();
    CHECK(open.Read(10) == "still here");
  }
}

TEST_CASE("nobody listens on a closed port") {
  const ClosedPort port;
  CHECK(Client(port.port()).connect_errno() == ECONNREFUSED);
}

TEST_CASE("an exception of a script is an error and not the end") {
  ScriptedServer server([](ScriptedServer::Connection& c) {
    c.Mark("thrown");
    throw std::runtime_error("script is wrong");
  });
  Client client(server.port());
  CHECK(client.Read(1).empty());  // closed after the error was noted
  REQUIRE(server.errors().size() == 1);
  CHECK(server.errors()[0] == "connection 1: script is wrong");
}
