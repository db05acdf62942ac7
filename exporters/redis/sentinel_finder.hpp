// SentinelFinder: asks sentinels which server to read. The first that answers counts, and is asked
// first the next time. Connections to sentinels are not kept: they are needed at a new connection
// to the master only.
//
// Threads: one at a time.
#pragma once

#include "connection.hpp"
#include "settings.hpp"

#include <pillion/options.hpp>
#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace pillion::redis {

class SentinelFinder {
 public:
  // `settings` must outlive it.
  SentinelFinder(const Settings& settings, const Options& options)
      : settings_(settings), options_(options) {}

  // The master, or the replica that is preferred and healthy. No more than half of the poll's
  // time that is left is used, so that something remains for the server itself.
  Result<Address> Find(const PollContext& ctx);

  // The server that a sentinel's replies name, of which those from `first` on count; any replies
  // are taken. Done without asking anybody.
  Result<Address> Read(const std::vector<Reply>& replies, size_t first) const;

 private:
  Result<Address> Ask(const PollContext& ctx, const Address& sentinel, MonoTime until);
  Result<Address> MakeAddress(std::string_view host, std::string_view port) const;

  const Settings& settings_;
  Options options_;
  size_t last_good_ = 0;  // of the seeds
};

}  // namespace pillion::redis
