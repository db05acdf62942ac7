// Guard: a PageGuard that follows its files.
//
// Its thread looks at them every kLookEvery: what was renewed is in force then, for new connections
// and for the next request of old ones. Files that cannot be used change nothing; nor do files that
// would open what was closed, as a file does that was cut short: TLS, the last user, or what was
// asked of clients' certificates is gone. That takes a restart. The same thread checks passwords.
#pragma once

#include "web/admission.hpp"
#include "web/tls_context.hpp"
#include "web/web_source.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pillion::web {

inline constexpr std::chrono::seconds kLookEvery{2};

// What is asked of clients by TLS.
struct ClientRules {
  ClientAuth auth = ClientAuth::kNone;
  bool own_authority = false;  // client_ca, client_ca_file: not whom the system trusts
  bool names = false;          // client_allowed_sans
};

// What one reading of all files gave.
struct Loaded {
  std::shared_ptr<const TlsContext> tls;  // null: none
  ClientRules clients;
  std::shared_ptr<const std::string> headers;
  std::vector<UserSettings> users;
  RateLimit rate;
  std::vector<std::string> files;  // that it was read from, also if it is no good
  std::vector<WebProblem> problems;

  bool good() const;
};

Loaded Load(const WebSource& source);

class Guard final : public PageGuard {
 public:
  Guard(WebSource source, WebHooks hooks, Loaded loaded);
  ~Guard() override;  // ends the thread, after the password that it checks

  void Start() override;
  bool UsesTls() const override { return uses_tls_; }
  bool AsksPasswords() const override { return admission_.HasUsers(); }
  std::unique_ptr<TlsChannel> Accept(int fd) override;
  std::shared_ptr<const std::string> Headers() const override;
  Verdict Admit(std::string_view authorization, std::string_view client,
                std::function<void(Verdict)> done) override;
  Status status() const override;

  // Once what the thread does every kLookEvery. For tests, which don't Start.
  void Look();
  void CheckPasswords() { admission_.CheckNext(); }

 private:
  void Run();
  void Take(Loaded loaded);
  // Why it must not take the place of what is in force; empty: it may.
  std::string WhyNot(const Loaded& loaded) const;
  void Keep(const std::string& why);
  // Changes when a file or a secret does.
  std::string Stamp(const std::vector<std::string>& files) const;

  const WebSource source_;
  const WebHooks hooks_;
  const bool uses_tls_;
  Admission admission_;

  // The thread's own.
  ClientRules clients_;  // in force
  std::vector<std::string> files_;
  std::string stamp_;  // when they were read last; empty: read them again
  std::string told_;   // why they are no good

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const TlsContext> tls_;
  std::shared_ptr<const std::string> headers_;
  Status status_;
  bool stopping_ = false;
  bool woken_ = false;

  std::thread thread_;
};

}  // namespace pillion::web
