#include "postgres/tests/live_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace pillion::postgres {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kOpenSsl = "/usr/bin/openssl";

std::string FindBinaries() {
  if (const char* given = std::getenv("PILLION_POSTGRES_BIN")) return given;
  int newest = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const int major = std::atoi(entry.path().filename().c_str());
    if (fs::exists(entry.path() / "bin/initdb")) newest = std::max(newest, major);
  }
  return newest == 0 ? "" : "/usr/lib/postgresql/" + std::to_string(newest) + "/bin";
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

// The server refuses to run as root.
const passwd* Unprivileged() {
  if (geteuid() != 0) return nullptr;
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* user = getpwnam(name)) return user;
  }
  throw std::runtime_error("neither a user postgres nor nobody");
}

std::string MakeDirectory() {
  char path[] = "/tmp/pillion-postgres-XXXXXX";
  if (mkdtemp(path) == nullptr) throw std::runtime_error("mkdtemp failed");
  const passwd* user = Unprivileged();
  if (user != nullptr && chown(path, user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("chown failed");
  }
  return path;
}

}  // namespace

std::unique_ptr<LiveServer> LiveServer::Make(Config config) {
  const std::string binaries = FindBinaries();
  if (binaries.empty()) {
    std::puts("SKIPPED: apt:postgresql no PostgreSQL server under /usr/lib/postgresql");
    return nullptr;
  }
  if (config.tls && !fs::exists(kOpenSsl)) {
    std::puts("SKIPPED: apt:openssl makes the certificate of this test");
    return nullptr;
  }
  std::unique_ptr<LiveServer> server(new LiveServer(binaries, MakeDirectory()));
  config.primary == nullptr ? server->InitPrimary(config) : server->InitStandby(config);
  server->Start();
  return server;
}

LiveServer::LiveServer(std::string binaries, std::string directory)
    : binaries_(std::move(binaries)), directory_(std::move(directory)), port_(FreePort()) {}

LiveServer::~LiveServer() {
  Stop();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

pid_t LiveServer::Spawn(const std::vector<std::string>& command) const {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string log = directory_ + "/log";
  const passwd* user = Unprivileged();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  if (user != nullptr &&
      (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  prctl(PR_SET_PDEATHSIG, SIGQUIT);  // a test that is killed leaves no server behind
  const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || chdir(directory_.c_str()) != 0) _exit(126);
  dup2(fd, 1);
  dup2(fd, 2);
  execv(arguments[0], arguments.data());
  _exit(127);
}

void LiveServer::RunToEnd(const std::vector<std::string>& command) const {
  int status = 0;
  if (waitpid(Spawn(command), &status, 0) < 0 || status != 0) {
    throw std::runtime_error(command[0] + " failed: " + Log());
  }
}

void LiveServer::InitPrimary(const Config& config) {
  RunToEnd({binaries_ + "/initdb", "-D", directory_ + "/data", "-U", "postgres", "-A", "trust",
            "-E", "UTF8", "--locale=C", "--no-sync", "--data-checksums"});
  std::ofstream hba(directory_ + "/data/pg_hba.conf");
  hba << "local all all trust\nlocal replication all trust\n"
         "host all with_password 127.0.0.1/32 scram-sha-256\n"
         "host all all 127.0.0.1/32 trust\n";
  std::ofstream conf(directory_ + "/data/postgresql.conf", std::ios::app);
  conf << "fsync = off\nmax_connections = 20\nshared_buffers = 8MB\nautovacuum = off\n"
          "log_line_prefix = '[%p] %a: '\nlog_connections = on\n"
          "password_encryption = scram-sha-256\n";
  for (const std::string& line : config.settings) conf << line << '\n';
  if (!config.tls) return;
  MakeCertificate();
  conf << "ssl = on\nssl_cert_file = '" << directory_ << "/tls.crt'\nssl_key_file = '" << directory_
       << "/tls.key'\n";
}

void LiveServer::MakeCertificate() const {
  RunToEnd({kOpenSsl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", directory_ + "/tls.key",
            "-out", directory_ + "/tls.crt"});
}

void LiveServer::InitStandby(const Config& config) {
  if (!fs::exists(binaries_ + "/pg_basebackup")) return CopyFiles(*config.primary);
  RunToEnd({binaries_ + "/pg_basebackup", "-D", directory_ + "/data", "-d",
            config.primary->Dsn("user=postgres application_name=standby"), "-R", "-X", "stream",
            "-c", "fast", "--no-sync"});
}

// As pg_basebackup does, which packages of nothing but a server don't have.
void LiveServer::CopyFiles(const LiveServer& primary) {
  const bool old = primary.Major() < 15;
  const std::string data = directory_ + "/data";
  const auto session = primary.Connect();
  pqxx::nontransaction work(*session);
  work.exec(old ? "SELECT pg_start_backup('copy', true, false)"
                : "SELECT pg_backup_start('copy', true)");
  RunToEnd({"/bin/cp", "-a", primary.directory_ + "/data", data});
  const auto label = work.exec1(old ? "SELECT labelfile FROM pg_stop_backup(false, false)"
                                    : "SELECT labelfile FROM pg_backup_stop(false)");
  fs::remove(data + "/postmaster.pid");
  for (const auto& slot : fs::directory_iterator(data + "/pg_replslot")) fs::remove_all(slot);
  std::ofstream(data + "/backup_label") << label[0].c_str();
  fs::permissions(data + "/backup_label", fs::perms::all);  // the server syncs and renames it
  const std::ofstream signal(data + "/standby.signal");
  std::ofstream(data + "/postgresql.auto.conf")
      << "primary_conninfo = '" << primary.Dsn("user=postgres application_name=standby") << "'\n";
}

void LiveServer::Start() {
  postmaster_ = Spawn({binaries_ + "/postgres", "-D", directory_ + "/data", "-p",
                       std::to_string(port_), "-k", directory_, "-h", "127.0.0.1"});
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (true) {
    try {
      Connect();
      return;
    } catch (const std::exception& e) {
      if (waitpid(postmaster_, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > end) {
        throw std::runtime_error(std::string("no server: ") + e.what() + Log());
      }
    }
    std::this_thread::sleep_for(10ms);
  }
}

void LiveServer::Stop() {
  if (postmaster_ <= 0) return;
  Signal(SIGQUIT);
  Signal(SIGCONT);
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (waitpid(postmaster_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) Signal(SIGKILL);
    std::this_thread::sleep_for(5ms);
  }
  postmaster_ = -1;
}

void LiveServer::Signal(int signal) const { kill(postmaster_, signal); }

std::string LiveServer::Dsn(const std::string& rest) const {
  return "host=" + directory_ + " port=" + std::to_string(port_) + " " + rest;
}

std::string LiveServer::TcpDsn(const std::string& rest) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " " + rest;
}

std::unique_ptr<pqxx::connection> LiveServer::Connect(const std::string& database) const {
  return std::make_unique<pqxx::connection>(
      Dsn("user=postgres application_name=fixture dbname=" + database));
}

void LiveServer::Run(const std::string& sql, const std::string& database) const {
  const auto session = Connect(database);
  pqxx::nontransaction(*session).exec(sql);
}

std::string LiveServer::Ask(const std::string& sql) const {
  const auto session = Connect();
  return pqxx::nontransaction(*session).exec1(sql)[0].c_str();
}

void LiveServer::EndSession(int backend) const {
  const std::string pid = std::to_string(backend);
  Run("SELECT pg_terminate_backend(" + pid + ")");
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (Ask("SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid) != "0") {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("a session stays");
  }
}

void LiveServer::DropDatabase(const std::string& name) const {
  if (Major() >= 13) return Run("DROP DATABASE " + name + " WITH (FORCE)");
  Run("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
  const auto session = Connect();
  pqxx::nontransaction work(*session);
  for (const auto& row :
       work.exec("SELECT pid FROM pg_stat_activity WHERE datname = '" + name + "'")) {
    EndSession(row[0].as<int>());
  }
  work.exec("DROP DATABASE " + name);
}

int LiveServer::Major() const {
  return std::atoi(Ask("SELECT current_setting('server_version_num')").c_str()) / 10000;
}

std::string LiveServer::Log() const {
  std::ostringstream text;
  text << std::ifstream(directory_ + "/log").rdbuf();
  return text.str();
}

void Await(const char* what, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) FAIL("never: " << std::string(what));
    std::this_thread::sleep_for(2ms);
  }
}

std::unique_ptr<testing::TestHost> HostFor(const std::string& dsn,
                                           std::map<std::string, std::string> options,
                                           std::map<std::string, std::string> secrets) {
  options["dsn"] = dsn;
  auto host = std::make_unique<testing::TestHost>(
      POSTGRES_ENTRY(),
      testing::TestHostConfig{.options = std::move(options), .secrets = std::move(secrets)});
  const auto created = host->Create();
  REQUIRE_MESSAGE(created.ok(), created.error().message);
  return host;
}

void CheckAllWell(const testing::PollReport& report) {
  REQUIRE_MESSAGE(report.ok(), report.error);
  for (const std::string& problem : report.problems) FAIL_CHECK(problem);
  for (const auto& collector : report.collectors) {
    if (collector.reason != Reason::kOk) FAIL_CHECK(collector.name << ": " << collector.message);
  }
}

}  // namespace pillion::postgres
