#include "http/connection_stream.hpp"

#include <sys/socket.h>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

namespace pillion {
namespace {

using Step = TlsChannel::Step;

constexpr size_t kRecordBytes = 16 * 1024;  // the most that one record of TLS holds
constexpr unsigned char kTlsHandshakeRecord = 22;

// The next record's bytes: those of a large piece, or the small pieces in one. What is asked for
// again, after it could not be written, begins with the same bytes.
class Records {
 public:
  explicit Records(const ConnectionStream::Pieces& pieces) : pieces_(pieces) {}

  asio::const_buffer Next() {
    Skip();
    if (piece_ == pieces_.size()) return {};
    const asio::const_buffer rest = pieces_[piece_] + offset_;
    if (rest.size() >= kRecordBytes) return asio::buffer(rest, kRecordBytes);
    joined_.clear();
    size_t offset = offset_;
    for (size_t i = piece_; i < pieces_.size() && joined_.size() < kRecordBytes; ++i, offset = 0) {
      const asio::const_buffer part = pieces_[i] + offset;
      const auto* bytes = static_cast<const char*>(part.data());
      joined_.insert(joined_.end(), bytes,
                     bytes + std::min(part.size(), kRecordBytes - joined_.size()));
    }
    return asio::buffer(joined_);
  }

  void Consume(size_t bytes) {
    while (bytes > 0) {
      const size_t part = std::min(bytes, pieces_[piece_].size() - offset_);
      offset_ += part;
      bytes -= part;
      Skip();
    }
  }

 private:
  void Skip() {
    while (piece_ < pieces_.size() && offset_ == pieces_[piece_].size()) {
      ++piece_;
      offset_ = 0;
    }
  }

  const ConnectionStream::Pieces& pieces_;
  size_t piece_ = 0;
  size_t offset_ = 0;
  std::vector<char> joined_;
};

}  // namespace

void ConnectionStream::Handshake(std::function<void(Hello)> done) {
  // The first byte tells TLS from a client that was given the wrong scheme.
  socket_.async_wait(StreamSocket::wait_read, [this, done = std::move(done)](ErrorCode error) {
    unsigned char first = 0;
    if (error || !channel_ ||
        ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
      return done(Hello::kFailed);
    }
    if (first == kTlsHandshakeRecord) return Shake(done);
    if (first < 'A' || first > 'Z') return done(Hello::kFailed);
    channel_.reset();
    done(Hello::kPlain);
  });
}

void ConnectionStream::Shake(std::function<void(Hello)> done) {
  const Step step = channel_->Handshake();
  if (step == Step::kDone) return done(Hello::kSecure);
  const Handler failed = [done](ErrorCode, size_t) { done(Hello::kFailed); };
  Await(step, failed, [this, done] { Shake(done); });
}

void ConnectionStream::ReadSecure(asio::mutable_buffer into, Handler done) {
  size_t got = 0;
  const Step step = channel_->Read(into.data(), into.size(), got);
  if (step == Step::kDone) return Post(done, {}, got);
  Await(step, done, [this, into, done] { ReadSecure(into, done); });
}

void ConnectionStream::WriteSecure(const Pieces& pieces, Handler done) {
  Records records(pieces);
  size_t total = 0;
  Step step = Step::kDone;
  while (total < kTlsTurnBytes) {
    const asio::const_buffer record = records.Next();
    if (record.size() == 0) break;
    size_t put = 0;
    step = channel_->Write(record.data(), record.size(), put);
    if (step != Step::kDone) break;
    records.Consume(put);
    total += put;
  }
  if (total > 0) return Post(done, {}, total);
  Await(step, done, [this, pieces, done] { WriteSecure(pieces, done); });
}

void ConnectionStream::Await(Step step, const Handler& done, std::function<void()> again) {
  if (step == Step::kClosed) return Post(done, asio::error::eof, 0);
  if (step != Step::kWantRead && step != Step::kWantWrite) {
    return Post(done, asio::error::connection_aborted, 0);
  }
  socket_.async_wait(step == Step::kWantRead ? StreamSocket::wait_read : StreamSocket::wait_write,
                     [this, done, again = std::move(again)](ErrorCode error) {
                       // Closed between the socket's readiness and now: the descriptor may be
                       // another's.
                       if (!error && !channel_) error = asio::error::operation_aborted;
                       if (error) return done(error, 0);
                       again();
                     });
}

void ConnectionStream::Post(const Handler& done, ErrorCode error, size_t bytes) {
  asio::post(socket_.get_executor(), [done, error, bytes] { done(error, bytes); });
}

void ConnectionStream::EndWriting() {
  if (channel_) channel_->End();
  channel_.reset();
  ErrorCode ignored;
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
}

void ConnectionStream::Close() {
  if (channel_) channel_->End();
  channel_.reset();
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace pillion
