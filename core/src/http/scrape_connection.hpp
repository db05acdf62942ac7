// ScrapeConnection: one client of the scrape plane, one request at a time.
//
// Internal to this folder. Everything runs in the loop's thread. Pending operations keep the
// object alive; Close() ends them.
#pragma once

#include "http/answer.hpp"
#include "http/asio.hpp"
#include "http/connection_book.hpp"
#include "http/connection_stream.hpp"
#include "http/request_rules.hpp"
#include "http/scrape_plane.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pillion {

class ScrapeLoop;

class ScrapeConnection : public std::enable_shared_from_this<ScrapeConnection> {
 public:
  ScrapeConnection(ScrapeLoop* loop, ConnectionStream stream, uint64_t id, bool health_only);

  // Enters the book, shakes hands and reads the first request.
  void Start();
  // The handler's answer to request number `request` of this connection.
  void OnAnswer(uint64_t request, ScrapeAnswer answer);
  // The guard's verdict, likewise.
  void OnVerdict(uint64_t request, Verdict verdict);
  // Too long in its phase.
  void OnOverdue();
  // The plane stops: ends at once what waits for a client.
  void OnDraining();
  // At once, whatever is under way. Idempotent.
  void Close();

 private:
  using Clock = std::chrono::steady_clock;
  using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
  using ErrorCode = boost::system::error_code;

  void OnHello(ConnectionStream::Hello hello);
  void Read();
  void OnRead(ErrorCode error, size_t bytes);
  void Parse();
  void OnParseError(ErrorCode error);
  void OnRequest();
  bool HasBody() const;
  Verdict AskGuard();
  std::string ClientAddress();
  void Refuse(Verdict verdict);
  void Serve();
  void AskHandler();
  Answer LocalAnswer(Route route);
  std::string SdTarget();

  // Sends it; afterwards the connection ends if close_after_ says so.
  void Send(Answer answer);
  // Lets go of the answer's bytes.
  void Unpin();
  void SendAndEnd(Answer answer);
  // What is written, in order: the head, then the pieces of the body.
  size_t Parts() const;
  std::string_view Part(size_t index) const;
  void WriteSome();
  void OnWritten(ErrorCode error, size_t bytes);
  void OnSent();
  void Report();
  void Linger();
  void Discard();

  ScrapeLoop* const loop_;
  ConnectionStream stream_;
  ConnectionBook::Entry entry_;
  const bool health_only_;
  bool closed_ = false;
  bool overdue_ = false;  // while reading: the pending read will end and an answer be sent

  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;

  // The request being answered.
  uint64_t request_ = 0;  // its number
  RequestTarget target_;
  Route route_ = Route::kOther;
  bool in_request_ = false;  // from the end of its header to the end of its answer
  bool head_only_ = false;
  bool http10_ = false;
  bool close_after_ = false;
  bool input_left_ = false;  // the client is likely to send what nobody will read
  Clock::time_point began_;

  // Its answer, and how far it has been written.
  Answer answer_;
  std::string head_;
  size_t part_ = 0;
  size_t part_offset_ = 0;
  size_t discarded_bytes_ = 0;
};

}  // namespace pillion
