// The relay between libpq and the server, with a pair of sockets in the server's place.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>

#include "common/pq/relay.hpp"

using namespace pillion;
using namespace pillion::postgres;

namespace {

// A relay between `client`, where libpq would be, and `server`.
struct Scene {
  explicit Scene(int type = SOCK_STREAM) {
    int pair[2] = {-1, -1};
    REQUIRE(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    client = pair[0];
    server = pair[1];
    REQUIRE(relay.Insert(client).ok());
  }
  ~Scene() {
    close(client);
    Hang();
  }
  void Hang() {
    if (server >= 0) close(server);
    server = -1;
  }

  Relay relay;
  int client = -1;
  int server = -1;
};

// The server's answers are as large as its socket lets them be.
size_t Fill(int fd, size_t most) {
  const std::string bytes(most, 'f');
  size_t sent = 0;
  while (sent < most) {
    const ssize_t n = send(fd, bytes.data(), most - sent, MSG_NOSIGNAL);
    if (n < 0) break;
    sent += static_cast<size_t>(n);
  }
  return sent;
}

void Say(int fd, std::string_view bytes) {
  REQUIRE(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

// What one call reads; "(end)" at the end, "(nothing)" if there is nothing.
std::string Hear(int fd, size_t most = 1 << 20) {
  std::string bytes(most, '\0');
  const ssize_t n = recv(fd, bytes.data(), most, 0);
  if (n == 0) return "(end)";
  if (n < 0) return errno == EAGAIN ? "(nothing)" : "(error)";
  bytes.resize(static_cast<size_t>(n));
  return bytes;
}

size_t OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("relay: bytes pass both ways as they are") {
  Scene s;
  Say(s.client, std::string_view("a\0b", 3));
  CHECK_FALSE(s.relay.Send());
  CHECK(Hear(s.server) == std::string_view("a\0b", 3));
  Say(s.server, "answer");
  CHECK(s.relay.Receive() == 6);
  CHECK(s.relay.HasUnread(s.client));
  CHECK(Hear(s.client) == "answer");
  CHECK_FALSE(s.relay.HasUnread(s.client));
  CHECK(s.relay.Receive() == 0);
  CHECK_FALSE(s.relay.ended());
  CHECK(Hear(s.client) == "(nothing)");
}

TEST_CASE("relay: what was written piece by piece is sent at once") {
  Scene s(SOCK_SEQPACKET);  // keeps apart what was sent apart
  std::string all;
  for (int i = 0; i < 21; ++i) {
    Say(s.client, "statement" + std::to_string(i));
    all += "statement" + std::to_string(i);
  }
  CHECK_FALSE(s.relay.Send());
  CHECK(Hear(s.server) == all);
  CHECK(Hear(s.server) == "(nothing)");
}

TEST_CASE("relay: the client is given one piece at a time however much has come") {
  Scene s;
  const size_t sent = Fill(s.server, 4 * Relay::kPieceBytes);
  REQUIRE(sent > Relay::kPieceBytes);
  size_t heard = 0;
  while (heard < sent) {
    const size_t taken = s.relay.Receive();
    REQUIRE(taken > 0);
    CHECK(taken <= Relay::kPieceBytes);
    std::string got;
    while (s.relay.HasUnread(s.client)) got += Hear(s.client);
    CHECK(got.size() == taken);
    heard += taken;
  }
  CHECK(heard == sent);
}

TEST_CASE("relay: what the client has no room for waits and stays in order") {
  Scene s;
  std::string said;
  size_t taken = 0;
  for (size_t round = 0, last = 1; round < 100 && last > 0; ++round) {
    said += std::string(Relay::kPieceBytes - 1, static_cast<char>('a' + round % 26));
    Say(s.server, std::string_view(said).substr(round * (Relay::kPieceBytes - 1)));
    taken += last = s.relay.Receive();  // without a look at what the client has read
  }
  REQUIRE(taken < said.size());
  std::string heard;
  while (heard.size() < taken && s.relay.HasUnread(s.client)) heard += Hear(s.client, 7777);
  while (heard.size() < said.size() && s.relay.Receive() > 0) {
    while (s.relay.HasUnread(s.client)) heard += Hear(s.client, 7777);
  }
  CHECK(heard == said);
}

TEST_CASE("relay: a server that takes nothing is not waited for and gets everything later") {
  Scene s;
  std::string said;
  for (int i = 0; i < 400'000; ++i) said += std::to_string(i) + ' ';
  std::string_view left = said;
  bool unsent = false;
  for (int rounds = 0; rounds < 1000 && !unsent && !left.empty(); ++rounds) {
    const ssize_t n = send(s.client, left.data(), std::min<size_t>(left.size(), 10'000), 0);
    REQUIRE(n > 0);
    left.remove_prefix(static_cast<size_t>(n));
    unsent = s.relay.Send();
  }
  REQUIRE(unsent);
  CHECK(s.relay.Send());
  std::string heard;
  for (std::string got = Hear(s.server); got != "(nothing)"; got = Hear(s.server)) {
    heard += got;
    s.relay.Send();
  }
  CHECK_FALSE(s.relay.Send());
  CHECK(heard == said.substr(0, said.size() - left.size()));
}

TEST_CASE("relay: the end comes behind all that was said before") {
  Scene s;
  Say(s.server, "last words");
  s.Hang();
  CHECK(s.relay.Receive() == 10);
  CHECK_FALSE(s.relay.ended());
  CHECK(Hear(s.client, 4) == "last");
  CHECK(s.relay.HasUnread(s.client));
  CHECK(Hear(s.client) == " words");
  CHECK(Hear(s.client) == "(nothing)");
  CHECK(s.relay.Receive() == 0);
  CHECK(s.relay.ended());
  CHECK(Hear(s.client) == "(end)");
  CHECK_FALSE(s.relay.HasUnread(s.client));
}

TEST_CASE("relay: to send to a server that is gone is no signal and its last words are heard") {
  Scene s;
  Say(s.server, "going");
  s.Hang();
  Say(s.client, "question");
  CHECK_FALSE(s.relay.Send());
  CHECK(s.relay.Receive() == 5);
  CHECK(Hear(s.client) == "going");
  Say(s.client, "another");
  CHECK_FALSE(s.relay.Send());
  CHECK(s.relay.Receive() == 0);
  CHECK(s.relay.ended());
  CHECK(Hear(s.client) == "(end)");
}

TEST_CASE("relay: where nothing can be sent any more the end has come") {
  Scene s;
  shutdown(s.server, SHUT_RD);  // it reads no more but stays
  Say(s.client, "question");
  CHECK_FALSE(s.relay.Send());
  CHECK(s.relay.Receive() == 0);
  CHECK(s.relay.ended());
}

TEST_CASE("relay: it knows the socket it is behind from another one of the same number") {
  Scene s;
  CHECK(s.relay.IsBehind(s.client));
  CHECK_FALSE(s.relay.IsBehind(s.server));
  CHECK_FALSE(s.relay.IsBehind(-1));
  const int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(dup3(other, s.client, O_CLOEXEC) == s.client);
  close(other);
  CHECK_FALSE(s.relay.IsBehind(s.client));
  CHECK_FALSE(Relay().IsBehind(s.client));
}

TEST_CASE("relay: goodbye is said when it is closed and nothing stays open") {
  const size_t before = OpenDescriptors();
  {
    Scene s;
    CHECK(OpenDescriptors() == before + 4);
    Say(s.client, "goodbye");
    close(s.client);  // as libpq does before
    s.client = -1;
    s.relay.Close();
    CHECK(s.relay.server() == -1);
    CHECK(Hear(s.server) == "goodbye");
    CHECK(Hear(s.server) == "(end)");
    s.relay.Close();
  }
  CHECK(OpenDescriptors() == before);
}

TEST_CASE("relay: it can be put behind another socket") {
  Scene first;
  Scene second;
  Say(first.server, "unread");
  first.relay.Receive();
  REQUIRE(first.relay.Insert(second.client).ok());
  CHECK(Hear(first.server) == "(end)");
  Say(second.client, "question");
  CHECK_FALSE(first.relay.Send());  // to the relay that was there before
  CHECK_FALSE(second.relay.Send());
  CHECK(Hear(second.server) == "question");
}

TEST_CASE("relay: nothing of it is passed on to programs that are started") {
  Scene s;
  CHECK((fcntl(s.client, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((fcntl(s.relay.server(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((fcntl(s.client, F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("relay: without descriptors the socket stays as it was") {
  int pair[2] = {-1, -1};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  // None, one for the pair, none for the socket's second number: each way to fail.
  for (const rlim_t spare : {0u, 1u, 2u}) {
    CAPTURE(spare);
    const rlimit tight{static_cast<rlim_t>(pair[1]) + 1 + spare, limit.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &tight) == 0);
    Relay relay;
    const bool inserted = relay.Insert(pair[0]).ok();
    REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK_FALSE(inserted);
    CHECK_FALSE(relay.IsBehind(pair[0]));
  }
  const size_t before = OpenDescriptors();
  Say(pair[0], "direct");
  CHECK(Hear(pair[1]) == "direct");
  close(pair[0]);
  close(pair[1]);
  CHECK(OpenDescriptors() == before - 2);
}
