// Reply: one answer of the server, as hiredis' reader built it, and views into it.
//
// A Reply owns its tree; views and pointers live as long as it does. The accessors take null and
// foreign types and give an empty view, an empty span or nothing: what a server sends is input.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace pillion::redis {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

inline bool IsError(const redisReply* reply) {
  return reply != nullptr && reply->type == REDIS_REPLY_ERROR;
}

// The text of a bulk string, a status or an error.
inline std::string_view TextOf(const redisReply* reply) {
  if (reply == nullptr || reply->str == nullptr) return {};
  return {reply->str, reply->len};
}

inline std::optional<int64_t> IntegerOf(const redisReply* reply) {
  if (reply == nullptr || reply->type != REDIS_REPLY_INTEGER) return std::nullopt;
  return reply->integer;
}

inline std::span<const redisReply* const> ElementsOf(const redisReply* reply) {
  if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY) return {};
  return {reply->element, reply->elements};
}

// The value of `name` in a flat array of names and values, as SENTINEL and CONFIG GET give it.
inline std::string_view ValueIn(const redisReply* pairs, std::string_view name) {
  const auto elements = ElementsOf(pairs);
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    if (TextOf(elements[i]) == name) return TextOf(elements[i + 1]);
  }
  return {};
}

}  // namespace pillion::redis
