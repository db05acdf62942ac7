#include "http/scrape_connection.hpp"

#include "http/scrape_loop.hpp"
#include "http/scrape_pages.hpp"

#include <sys/socket.h>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace pillion {
namespace {

namespace http = boost::beast::http;

// A read asks for this much; a scraper's whole header is shorter.
constexpr size_t kReadBytes = 1024;
// An idle connection keeps no larger buffer than this.
constexpr size_t kIdleBufferBytesMax = 2 * kReadBytes;
// What a connection may still send after an answer that ends it.
constexpr size_t kDiscardBytesMax = 256 * 1024;
// Reported when the client was gone before there was an answer. Never sent.
constexpr int kStatusClientGone = 499;

// A header that was sent several times is one list.
std::string Joined(const http::request<http::empty_body>& message, http::field field) {
  std::string joined;
  const auto [begin, end] = message.equal_range(field);
  for (auto it = begin; it != end; ++it) {
    if (!joined.empty()) joined += ", ";
    joined += std::string_view(it->value());
  }
  return joined;
}

Answer FromHandler(ScrapeAnswer&& from) {
  if (from.status == 200 && !from.body) return TextAnswer(500, "No exposition was made.");
  if (!from.body) return TextAnswer(from.status, std::move(from.message));
  Answer answer;
  answer.status = from.status;
  answer.content_type =
      from.content_type.empty() ? ContentType(from.body->format) : std::move(from.content_type);
  answer.exposition = std::move(from.body);
  answer.varies = true;
  return answer;
}

}  // namespace

ScrapeConnection::ScrapeConnection(ScrapeLoop* loop, ConnectionStream stream, uint64_t id,
                                   bool health_only)
    : loop_(loop),
      stream_(std::move(stream)),
      health_only_(health_only),
      buffer_(loop->config().limits.request_header_bytes_max + kReadBytes) {
  entry_.id = id;
}

void ScrapeConnection::Start() {
  loop_->Add(&entry_);
  if (!stream_.secure()) return Read();
  loop_->Enter(&entry_, Phase::kHandshaking);
  stream_.Handshake(
      [self = shared_from_this()](ConnectionStream::Hello hello) { self->OnHello(hello); });
}

void ScrapeConnection::OnHello(ConnectionStream::Hello hello) {
  if (closed_) return;
  if (hello != ConnectionStream::Hello::kSecure) loop_->CountFailedHandshake();
  if (hello == ConnectionStream::Hello::kFailed) return Close();
  loop_->Enter(&entry_, Phase::kIdle);
  if (hello == ConnectionStream::Hello::kSecure) return Read();
  SendAndEnd(TextAnswer(400, "This address speaks TLS only: ask by https://."));
}

void ScrapeConnection::Close() {
  if (closed_) return;
  const auto self = shared_from_this();  // Forget drops the loop's hold on it
  closed_ = true;
  Report();
  loop_->book().Remove(&entry_);
  stream_.Close();
  Unpin();
  loop_->Forget(entry_.id);
}

// --- reading ---------------------------------------------------------------------------------

void ScrapeConnection::Read() {
  stream_.ReadSome(
      buffer_.prepare(std::min(kReadBytes, buffer_.max_size() - buffer_.size())),
      [self = shared_from_this()](ErrorCode error, size_t bytes) { self->OnRead(error, bytes); });
}

void ScrapeConnection::OnRead(ErrorCode error, size_t bytes) {
  if (closed_) return;
  if (overdue_) {
    return SendAndEnd(TextAnswer(408, "The request took too long to arrive."));
  }
  if (error) return Close();
  buffer_.commit(bytes);
  if (entry_.phase == Phase::kIdle) loop_->Enter(&entry_, Phase::kReading);
  Parse();
}

void ScrapeConnection::Parse() {
  const ScrapePlaneLimits& limits = loop_->config().limits;
  if (!parser_) {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(limits.request_header_bytes_max));
  }
  ErrorCode error;
  buffer_.consume(parser_->put(buffer_.data(), error));
  if (error == http::error::need_more) {
    // While draining only what has already arrived counts.
    return loop_->draining() ? Close() : Read();
  }
  if (error) return OnParseError(error);
  OnRequest();
}

void ScrapeConnection::OnParseError(ErrorCode error) {
  if (error == http::error::header_limit) {
    return SendAndEnd(TextAnswer(431, "The header of the request is too large."));
  }
  if (error == http::error::body_limit) {
    return SendAndEnd(TextAnswer(413, "Requests have no body here."));
  }
  SendAndEnd(TextAnswer(400, "Not a valid request: " + error.message() + "."));
}

// --- answering -------------------------------------------------------------------------------

void ScrapeConnection::OnRequest() {
  const auto& message = parser_->get();
  ++request_;
  in_request_ = true;
  began_ = Clock::now();
  head_only_ = message.method() == http::verb::head;
  http10_ = message.version() < 11;
  close_after_ = !message.keep_alive();
  target_ = ParseRequestTarget(message.target(), loop_->config().paths);
  if (health_only_ && target_.route != Route::kHealthy && target_.route != Route::kReady) {
    target_ = {};
  }
  route_ = target_.route;

  const size_t hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && !http10_)) {
    return SendAndEnd(TextAnswer(400, "Not a valid request: it needs one Host header."));
  }
  if (HasBody()) input_left_ = close_after_ = true;
  const Verdict verdict = AskGuard();
  if (verdict == Verdict::kLater) {
    return loop_->Enter(&entry_, Phase::kWaiting);
  }
  if (verdict != Verdict::kAdmitted) return Refuse(verdict);
  Serve();
}

bool ScrapeConnection::HasBody() const {
  return parser_->content_length().value_or(0) > 0 ||
         parser_->get().count(http::field::transfer_encoding) > 0;
}

Verdict ScrapeConnection::AskGuard() {
  PageGuard* guard = loop_->config().guard;
  if (guard == nullptr || health_only_) return Verdict::kAdmitted;
  const auto& message = parser_->get();
  // Of two headers each side could mean another one.
  const bool one = message.count(http::field::authorization) == 1;
  const std::string_view authorization = one ? message[http::field::authorization] : "";
  return guard->Admit(authorization, ClientAddress(),
                      [box = loop_->mailbox(), id = entry_.id, number = request_](Verdict verdict) {
                        box->Post(id, [number, verdict](ScrapeConnection& connection) {
                          connection.OnVerdict(number, verdict);
                        });
                      });
}

std::string ScrapeConnection::ClientAddress() {
  sockaddr_storage remote{};
  socklen_t length = sizeof(remote);
  auto* address = reinterpret_cast<sockaddr*>(&remote);
  if (getpeername(stream_.socket().native_handle(), address, &length) != 0 ||
      remote.ss_family == AF_UNIX) {
    return "unix";
  }
  ListenAddress client = FromSockaddr(address, length);
  client.port = 0;
  return ToString(client);
}

void ScrapeConnection::OnVerdict(uint64_t request, Verdict verdict) {
  if (closed_ || entry_.phase != Phase::kWaiting || request != request_) return;
  if (verdict != Verdict::kAdmitted) return Refuse(verdict);
  Serve();
}

void ScrapeConnection::Refuse(Verdict verdict) {
  loop_->CountRefused();
  Answer answer;
  if (verdict == Verdict::kRefused) {
    answer = TextAnswer(401, "A user and a password are needed here.");
    answer.asks_password = true;
  } else if (verdict == Verdict::kTooMany) {
    answer = TextAnswer(429, "Too many requests.");
    answer.asks_patience = true;
  } else {
    answer = TextAnswer(503, "Too many passwords wait for being checked.");
    answer.asks_patience = true;
  }
  Send(std::move(answer));
}

void ScrapeConnection::Serve() {
  const auto method = parser_->get().method();
  if (target_.route == Route::kOther) {
    return Send(TextAnswer(
        404, health_only_ ? HealthOnlyText()
                          : NotFoundText(loop_->handler().InstanceNames(), loop_->config().paths)));
  }
  if (!head_only_ && method != http::verb::get) {
    Answer answer = TextAnswer(405, "Only GET and HEAD are possible here.");
    answer.names_methods = true;
    return Send(std::move(answer));
  }
  if (HasBody()) return Send(TextAnswer(413, "Requests have no body here."));
  if (target_.route == Route::kMetrics || target_.route == Route::kInstance ||
      target_.route == Route::kProbe) {
    return AskHandler();
  }
  Send(LocalAnswer(target_.route));
}

void ScrapeConnection::AskHandler() {
  auto page = ParsePageQuery(target_.query);
  if (!page) return Send(TextAnswer(400, "Bad query: " + page.error().message + "."));
  const auto& message = parser_->get();
  ScrapeRequest request;
  if (target_.route == Route::kProbe) {
    auto probe = ParseProbeQuery(target_.query);
    if (!probe) return Send(TextAnswer(400, "Bad query: " + probe.error().message + "."));
    request.probe = *std::move(probe);
  }
  request.instance = std::move(target_.instance);
  request.query = *std::move(page);
  request.accept = Joined(message, http::field::accept);
  request.accept_encoding = Joined(message, http::field::accept_encoding);
  request.timeout_seconds = ParseScrapeTimeout(message["X-Prometheus-Scrape-Timeout-Seconds"]);
  loop_->Enter(&entry_, Phase::kWaiting);
  // The answer comes by the mailbox even if it is there at once: nothing is re-entered, and
  // nothing of this connection is kept alive by a handler that holds on to `done`.
  loop_->handler().Scrape(std::move(request), [box = loop_->mailbox(), id = entry_.id,
                                               number = request_](ScrapeAnswer answer) {
    box->Post(id, [number, answer = std::move(answer)](ScrapeConnection& connection) mutable {
      connection.OnAnswer(number, std::move(answer));
    });
  });
}

void ScrapeConnection::OnAnswer(uint64_t request, ScrapeAnswer answer) {
  if (closed_ || entry_.phase != Phase::kWaiting || request != request_) return;
  Send(FromHandler(std::move(answer)));
}

Answer ScrapeConnection::LocalAnswer(Route route) {
  ScrapeHandler& handler = loop_->handler();
  if (route == Route::kHealthy) {
    if (loop_->late()) return TextAnswer(503, "The HTTP loop is late.");
    if (!handler.Healthy()) return TextAnswer(503, "The scheduler makes no progress.");
    return TextAnswer(200, "ok");
  }
  if (route == Route::kReady) {
    const bool ready = handler.Ready() && !loop_->draining();
    return ready ? TextAnswer(200, "ready") : TextAnswer(503, "Starting or stopping.");
  }
  Answer answer;
  if (route == Route::kSd) {
    answer.content_type = "application/json";
    answer.text =
        SdJson(SdTarget(), handler.InstanceNames(), loop_->config().paths, stream_.secure());
  } else {
    answer.content_type = "text/html; charset=utf-8";
    answer.is_page = true;
    answer.text =
        LandingPageHtml(loop_->config().version, handler.InstanceNames(), loop_->config().paths);
  }
  return answer;
}

std::string ScrapeConnection::SdTarget() {
  const std::string_view host = parser_->get()[http::field::host];
  // A client of the unix socket names no address that a scraper could use.
  sockaddr_storage local{};
  socklen_t length = sizeof(local);
  auto* address = reinterpret_cast<sockaddr*>(&local);
  if (getsockname(stream_.socket().native_handle(), address, &length) != 0 ||
      local.ss_family == AF_UNIX) {
    return loop_->fallback_target();
  }
  return IsValidHost(host) ? std::string(host) : ToString(FromSockaddr(address, length));
}

// --- writing ---------------------------------------------------------------------------------

void ScrapeConnection::SendAndEnd(Answer answer) {
  if (!in_request_) {
    in_request_ = true;
    route_ = Route::kOther;
    began_ = entry_.since;
    head_only_ = false;
  }
  close_after_ = input_left_ = true;
  Send(std::move(answer));
}

void ScrapeConnection::Send(Answer answer) {
  close_after_ = close_after_ || loop_->draining();
  Persistence persistence = Persistence::kKeep;
  if (http10_) persistence = Persistence::kKeepAndSay;
  if (close_after_) persistence = Persistence::kClose;
  answer_ = std::move(answer);
  if (loop_->config().guard != nullptr && !health_only_) {
    answer_.headers = loop_->config().guard->Headers();
  }
  head_ = AnswerHead(answer_, persistence, std::time(nullptr));
  part_ = part_offset_ = 0;
  loop_->Enter(&entry_, Phase::kWriting);
  if (answer_.exposition && !head_only_) {
    loop_->Pin(entry_.id, answer_.exposition.get(), std::string(parser_->get().target()));
  }
  WriteSome();
}

void ScrapeConnection::Unpin() {
  loop_->Unpin(entry_.id);
  answer_ = {};
}

size_t ScrapeConnection::Parts() const {
  if (head_only_) return 1;
  return 1 + (answer_.exposition ? answer_.exposition->chunks.size() : 1);
}

std::string_view ScrapeConnection::Part(size_t index) const {
  if (index == 0) return head_;
  return answer_.exposition ? answer_.exposition->chunks[index - 1] : answer_.text;
}

void ScrapeConnection::WriteSome() {
  ConnectionStream::Pieces pieces;
  size_t count = 0;
  size_t offset = part_offset_;
  for (size_t part = part_; part < Parts() && count < pieces.size(); ++part) {
    const std::string_view bytes = Part(part).substr(offset);
    if (!bytes.empty()) pieces[count++] = asio::buffer(bytes);
    offset = 0;
  }
  if (count == 0) return OnSent();
  stream_.WriteSome(pieces, [self = shared_from_this()](ErrorCode error, size_t bytes) {
    self->OnWritten(error, bytes);
  });
}

void ScrapeConnection::OnWritten(ErrorCode error, size_t bytes) {
  if (closed_) return;
  if (error) return Close();
  loop_->Enter(&entry_, Phase::kWriting);
  while (bytes > 0) {
    const size_t left = Part(part_).size() - part_offset_;
    if (bytes < left) {
      part_offset_ += bytes;
      break;
    }
    bytes -= left;
    ++part_;
    part_offset_ = 0;
  }
  WriteSome();
}

void ScrapeConnection::Report() {
  if (!in_request_) return;
  in_request_ = false;
  const bool answered = entry_.phase == Phase::kWriting;
  const std::string_view format =
      answer_.exposition ? ToString(answer_.exposition->format) : std::string_view();
  loop_->handler().Finished(ToString(route_), answered ? answer_.status : kStatusClientGone, format,
                            Clock::now() - began_);
}

void ScrapeConnection::OnSent() {
  Report();
  Unpin();
  head_.clear();
  parser_.reset();
  if (close_after_) return Linger();
  if (buffer_.size() == 0) {
    if (buffer_.capacity() > kIdleBufferBytesMax) buffer_.shrink_to_fit();
    loop_->Enter(&entry_, Phase::kIdle);
    return Read();
  }
  loop_->Enter(&entry_, Phase::kReading);
  Parse();
}

// Closing while the client's bytes lie unread resets the connection, and the reset may overtake
// the answer: those bytes are read and thrown away first, within bounds.
void ScrapeConnection::Linger() {
  ErrorCode ignored;
  if (!input_left_ && buffer_.size() == 0 && stream_.socket().available(ignored) == 0) {
    return Close();
  }
  stream_.EndWriting();
  loop_->Enter(&entry_, Phase::kLingering);
  Discard();
}

void ScrapeConnection::Discard() {
  buffer_.clear();
  stream_.ReadSome(buffer_.prepare(kReadBytes),
                   [self = shared_from_this()](ErrorCode error, size_t bytes) {
                     if (self->closed_) return;
                     self->discarded_bytes_ += bytes;
                     if (error || self->discarded_bytes_ > kDiscardBytesMax) return self->Close();
                     self->Discard();
                   });
}

// --- from the loop ---------------------------------------------------------------------------

void ScrapeConnection::OnOverdue() {
  if (entry_.phase == Phase::kHandshaking) loop_->CountFailedHandshake();
  if (entry_.phase != Phase::kReading) return Close();
  overdue_ = true;
  ErrorCode ignored;
  stream_.socket().cancel(ignored);  // OnRead then says why
}

void ScrapeConnection::OnDraining() {
  if (entry_.phase == Phase::kWaiting || entry_.phase == Phase::kWriting) {
    close_after_ = true;
    return;
  }
  ErrorCode ignored;
  if (stream_.socket().available(ignored) == 0) Close();
}

}  // namespace pillion
