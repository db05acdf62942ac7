// LiveServer: a real PostgreSQL of a test's own, in a temporary directory, stopped by its pid.
//
// Runs as an unprivileged user when the test is root. Listens on a socket in its directory and on
// 127.0.0.1, on a port that was free. Uses the newest server under /usr/lib/postgresql, or that of
// the directory PILLION_POSTGRES_BIN, which needs no more than initdb and postgres; without one the
// tests say SKIPPED and why.
#pragma once

#include <sys/types.h>
#include <pillion/testing/test_host.hpp>

#include <functional>
#include <map>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

extern "C" const pillion_plugin* POSTGRES_ENTRY();

namespace pillion::postgres {

class LiveServer {
 public:
  struct Config {
    std::vector<std::string> settings = {};  // lines of postgresql.conf
    const LiveServer* primary = nullptr;     // a standby that streams from this one
    bool tls = false;                        // with a certificate of its own; needs openssl
  };

  // Returns null and says SKIPPED if this machine lacks what it needs. Throws if it won't start.
  static std::unique_ptr<LiveServer> Make(Config config);
  static std::unique_ptr<LiveServer> Make() { return Make(Config{}); }

  ~LiveServer();
  LiveServer(const LiveServer&) = delete;
  LiveServer& operator=(const LiveServer&) = delete;

  void Start();  // waits until it takes connections
  void Stop();
  // To the postmaster.
  void Signal(int signal) const;

  int port() const { return port_; }
  const std::string& directory() const { return directory_; }
  // A connection string over the socket (or TCP), as the superuser unless the rest says otherwise.
  std::string Dsn(const std::string& rest = "dbname=postgres user=postgres") const;
  std::string TcpDsn(const std::string& rest = "dbname=postgres user=postgres") const;

  // A session for fixtures, and one statement in a session of its own.
  std::unique_ptr<pqxx::connection> Connect(const std::string& database = "postgres") const;
  void Run(const std::string& sql, const std::string& database = "postgres") const;
  std::string Ask(const std::string& sql) const;
  int Major() const;  // version, as in "15"
  // Returns once it has ended.
  void EndSession(int backend) const;
  // Sessions in it are ended.
  void DropDatabase(const std::string& name) const;

  // What the server has logged so far.
  std::string Log() const;

 private:
  LiveServer(std::string binaries, std::string directory);
  void InitPrimary(const Config& config);
  void InitStandby(const Config& config);
  void CopyFiles(const LiveServer& primary);
  void MakeCertificate() const;
  pid_t Spawn(const std::vector<std::string>& command) const;
  void RunToEnd(const std::vector<std::string>& command) const;

  const std::string binaries_;
  const std::string directory_;
  int port_ = 0;
  pid_t postmaster_ = -1;
};

// Returns once it holds, and fails the test if that takes a minute.
void Await(const char* what, const std::function<bool()>& holds);

// A host with the exporter in it, ready to poll.
std::unique_ptr<testing::TestHost> HostFor(const std::string& dsn,
                                           std::map<std::string, std::string> options = {},
                                           std::map<std::string, std::string> secrets = {});

// Fails the test unless the poll and all its collectors were all right, without any problem.
void CheckAllWell(const testing::PollReport& report);

}  // namespace pillion::postgres
