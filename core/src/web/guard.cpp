#include "web/guard.hpp"

#include "web/inline_settings.hpp"
#include "web/password_hash.hpp"
#include "web/web_file.hpp"

#include <openssl/evp.h>
#include <pthread.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <utility>

namespace pillion::web {
namespace {

std::string FilesStamp(const std::vector<std::string>& files) {
  std::string stamp;
  for (const std::string& file : files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) {
      stamp += "-;";
      continue;
    }
    const int64_t parts[] = {static_cast<int64_t>(status.st_dev),
                             static_cast<int64_t>(status.st_ino), status.st_size,
                             status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    for (const int64_t part : parts) stamp.append(std::to_string(part)).append(",");
    stamp += ';';
  }
  return stamp;
}

std::string HeaderLines(const WebSettings& settings) {
  std::string lines;
  for (const auto& [name, value] : settings.headers) {
    lines.append(name).append(": ").append(value).append("\r\n");
  }
  return lines;
}

WebSettings ReadSettings(const WebSource& source, std::vector<WebProblem>& problems) {
  const std::string& path = source.file.text;
  if (path.empty()) return ReadInline(source, problems);
  const auto text = ReadWholeFile(path, kWebFileBytesMax);
  if (!text) {
    problems.push_back(
        {source.file.where + ": `" + path + "` cannot be read: " + text.error().message, false});
    return {};
  }
  WebFile file = ParseWebFile(*text, path);
  problems = std::move(file.problems);
  return std::move(file.settings);
}

std::string Day(int64_t unix_time) {
  const std::time_t time = unix_time;
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// How much a policy asks: whoever takes a lower one lets in more clients, or knows less of them.
int Strictness(ClientAuth auth) {
  switch (auth) {
    case ClientAuth::kNone: return 0;
    case ClientAuth::kRequest: return 1;
    case ClientAuth::kVerifyIfGiven: return 2;  // who shows nothing is let in
    case ClientAuth::kRequireAny: return 3;
    default: return 4;
  }
}

// Which of the rules in force is gone; empty: none.
std::string Weakened(const ClientRules& before, const ClientRules& now) {
  if (Strictness(now.auth) < Strictness(before.auth)) {
    return "tls_server_config.client_auth_type asks less of clients than the one in force";
  }
  if (before.own_authority && !now.own_authority) {
    return "tls_server_config.client_ca_file is not there any more";
  }
  if (before.names && !now.names) {
    return "tls_server_config.client_allowed_sans names nobody any more";
  }
  return {};
}

bool HasExpired(const TlsContext& tls) { return tls.expires() <= std::time(nullptr); }

}  // namespace

bool Loaded::good() const {
  return std::all_of(problems.begin(), problems.end(),
                     [](const WebProblem& problem) { return problem.warning; });
}

Loaded Load(const WebSource& source) {
  Loaded loaded;
  WebSettings settings = ReadSettings(source, loaded.problems);
  if (!source.file.text.empty()) loaded.files.push_back(source.file.text);
  if (settings.tls) {
    for (const Pem* pem : {&settings.tls->cert, &settings.tls->key, &settings.tls->client_ca}) {
      if (!pem->file.empty()) loaded.files.push_back(pem->file);
    }
    loaded.clients = {settings.tls->client_auth, !settings.tls->client_ca.empty(),
                      !settings.tls->client_allowed_sans.empty()};
  }
  if (settings.tls && loaded.good()) {
    auto tls = TlsContext::Make(*settings.tls);
    if (!tls) {
      loaded.problems.push_back({tls.error().message, false});
    } else {
      loaded.tls = *std::move(tls);
      if (HasExpired(*loaded.tls)) {
        loaded.problems.push_back({settings.tls->cert.where + ": the certificate has expired at " +
                                       Day(loaded.tls->expires()),
                                   true});
      }
    }
  }
  loaded.headers = std::make_shared<const std::string>(HeaderLines(settings));
  loaded.users = std::move(settings.users);
  loaded.rate = settings.rate_limit;
  return loaded;
}

Guard::Guard(WebSource source, WebHooks hooks, Loaded loaded)
    : source_(std::move(source)),
      hooks_(std::move(hooks)),
      uses_tls_(loaded.tls != nullptr),
      admission_({VerifyPassword, [] { return Admission::Clock::now(); },
                  [this] {
                    const std::lock_guard lock(mutex_);
                    woken_ = true;
                    changed_.notify_all();
                  }}) {
  Take(std::move(loaded));
}

Guard::~Guard() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Guard::Start() {
  thread_ = std::thread([this] { Run(); });
  pthread_setname_np(thread_.native_handle(), "pillion-web");
}

void Guard::Run() {
  using Clock = Admission::Clock;
  Clock::time_point look = Clock::now() + kLookEvery;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // Asked without the lock: whoever wakes us holds the other one.
    lock.unlock();
    const auto check = admission_.NextCheck();
    lock.lock();
    if (!woken_ && !stopping_) {
      changed_.wait_until(lock, check ? std::min(*check, look) : look,
                          [&] { return woken_ || stopping_; });
    }
    woken_ = false;
    if (stopping_) return;
    lock.unlock();
    try {
      const Clock::time_point now = Clock::now();
      const auto due = admission_.NextCheck();
      if (due && *due <= now) admission_.CheckNext();
      if (now >= look) {
        Look();
        look = Clock::now() + kLookEvery;
      }
    } catch (const std::exception&) {
      // Memory ran out; what is in force stays, and is looked at again.
    }
    lock.lock();
  }
}

void Guard::Look() {
  const std::string stamp = Stamp(files_);
  if (stamp == stamp_) return;
  stamp_.clear();
  Loaded loaded = Load(source_);
  // Half of them may be of before a renewal that was just going on.
  const std::string files_stamp = Stamp(loaded.files);
  if (loaded.files == files_ && files_stamp != stamp) return;
  const std::string why = WhyNot(loaded);
  if (!why.empty()) return Keep(why);
  const std::string until = loaded.tls == nullptr
                                ? std::string()
                                : "the certificate is good until " + Day(loaded.tls->expires());
  Take(std::move(loaded));
  stamp_ = files_stamp;
  if (hooks_.log) hooks_.log(false, until);
}

std::string Guard::Stamp(const std::vector<std::string>& files) const {
  std::string stamp = FilesStamp(files);
  for (const auto& read : {source_.password, source_.password_hash}) {
    if (!read) continue;
    const auto secret = read();
    const std::string& text = secret ? *secret : secret.error().message;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
    stamp.append(reinterpret_cast<const char*>(digest), size);
  }
  return stamp;
}

std::string Guard::WhyNot(const Loaded& loaded) const {
  for (const WebProblem& problem : loaded.problems) {
    if (!problem.warning) return problem.text;
  }
  if ((loaded.tls != nullptr) != uses_tls_) {
    return uses_tls_ ? "TLS is not asked for any more, which takes a restart"
                     : "TLS is asked for, which takes a restart";
  }
  if (admission_.HasUsers() && loaded.users.empty()) {
    return "no user is left, which takes a restart: the pages would be open";
  }
  const std::string weakened = Weakened(clients_, loaded.clients);
  if (!weakened.empty()) {
    return source_.file.text + ": " + weakened +
           ", which takes a restart: more clients would be let in";
  }
  const std::lock_guard lock(mutex_);
  if (loaded.tls != nullptr && HasExpired(*loaded.tls) && !HasExpired(*tls_)) {
    return "the certificate has expired at " + Day(loaded.tls->expires());
  }
  return {};
}

void Guard::Keep(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    status_.last_reload_good = false;
  }
  if (why == told_) return;
  told_ = why;
  if (hooks_.log) hooks_.log(true, why);
}

void Guard::Take(Loaded loaded) {
  admission_.Set(loaded.users, loaded.rate);
  clients_ = loaded.clients;
  files_ = std::move(loaded.files);
  stamp_ = Stamp(files_);
  told_.clear();
  const std::lock_guard lock(mutex_);
  tls_ = std::move(loaded.tls);
  headers_ = std::move(loaded.headers);
  status_.last_reload_good = true;
  status_.loaded = std::time(nullptr);
  status_.certificate_expires.reset();
  if (tls_ != nullptr) status_.certificate_expires = tls_->expires();
}

std::unique_ptr<TlsChannel> Guard::Accept(int fd) {
  std::unique_lock lock(mutex_);
  const auto tls = tls_;
  lock.unlock();
  return tls == nullptr ? nullptr : tls->Accept(fd);
}

std::shared_ptr<const std::string> Guard::Headers() const {
  const std::lock_guard lock(mutex_);
  return headers_;
}

Verdict Guard::Admit(std::string_view authorization, std::string_view client,
                     std::function<void(Verdict)> done) {
  return admission_.Admit(authorization, client, std::move(done));
}

PageGuard::Status Guard::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace pillion::web
