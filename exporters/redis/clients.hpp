// The parser of CLIENT LIST.
//
//   id=3 addr=127.0.0.1:52555 laddr=127.0.0.1:6379 fd=8 name=web age=5 idle=0 flags=N db=0 ...
//
// Nothing here allocates: all results are views into the text, which must outlive them. Any bytes
// are taken: a line that does not begin with id and addr, or without a number for its age, is
// skipped. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pillion::redis {

enum class ClientText : uint8_t {
  kId,
  kHost,  // of addr, without its port; the path of a unix socket
  kPort,
  kName,
  kFlags,
  kDb,
  kCmd,
  kUser,
  kResp,
  kLibName,
  kLibVer,
  kCount,
};

enum class ClientNumber : uint8_t {
  kAge,   // seconds since it connected
  kIdle,  // seconds since its last command
  kSub,
  kPsub,
  kSsub,
  kWatch,
  kQbuf,  // bytes
  kQbufFree,
  kObl,  // bytes
  kOll,  // items
  kOmem,
  kTotMem,
  kCount,
};

struct Client {
  std::string_view Text(ClientText field) const { return texts[static_cast<size_t>(field)]; }
  // Nothing if the server does not tell, or what it tells is no number.
  std::optional<double> Number(ClientNumber field) const {
    const auto i = static_cast<size_t>(field);
    if ((seen >> i & 1U) == 0) return std::nullopt;
    return static_cast<double>(numbers[i]);
  }

  std::array<std::string_view, static_cast<size_t>(ClientText::kCount)> texts;
  std::array<int64_t, static_cast<size_t>(ClientNumber::kCount)> numbers;
  uint32_t seen = 0;  // bit i: numbers[i] was there
};

// The label that shows a field; and the field of a label, if it is one of those that make groups.
std::string_view LabelOf(ClientText field);
std::optional<ClientText> FieldOf(std::string_view label);

// Walks the clients of a CLIENT LIST.
//   for (ClientCursor at(text); auto* client = at.Next();) ...
class ClientCursor {
 public:
  explicit ClientCursor(std::string_view text) : rest_(text) {}
  // The next client, which lasts until the next call; null at the end.
  const Client* Next();

 private:
  bool Parse(std::string_view line);
  void Take(std::string_view name, std::string_view value, size_t& expected);

  std::string_view rest_;
  Client client_;
};

}  // namespace pillion::redis
