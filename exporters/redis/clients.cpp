#include "clients.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace pillion::redis {
namespace {

constexpr uint8_t kNone = 0xff;

struct FieldDesc {
  std::string_view name;
  uint8_t text = kNone;
  uint8_t number = kNone;
};

constexpr FieldDesc Text(std::string_view name, ClientText text) {
  return {name, static_cast<uint8_t>(text), kNone};
}
constexpr FieldDesc Number(std::string_view name, ClientNumber number) {
  return {name, kNone, static_cast<uint8_t>(number)};
}
constexpr FieldDesc Ignored(std::string_view name) { return {name, kNone, kNone}; }

// In the order in which servers send them, so that the next field is nearly always the expected.
constexpr FieldDesc kFields[] = {
    Text("id", ClientText::kId),
    Ignored("addr"),  // apart
    Ignored("laddr"),
    Ignored("fd"),
    Text("name", ClientText::kName),
    Number("age", ClientNumber::kAge),
    Number("idle", ClientNumber::kIdle),
    Text("flags", ClientText::kFlags),
    Ignored("capa"),
    Text("db", ClientText::kDb),
    Number("sub", ClientNumber::kSub),
    Number("psub", ClientNumber::kPsub),
    Number("ssub", ClientNumber::kSsub),
    Ignored("multi"),
    Number("watch", ClientNumber::kWatch),
    Number("qbuf", ClientNumber::kQbuf),
    Number("qbuf-free", ClientNumber::kQbufFree),
    Ignored("argv-mem"),
    Ignored("multi-mem"),
    Ignored("rbs"),
    Ignored("rbp"),
    Number("obl", ClientNumber::kObl),
    Number("oll", ClientNumber::kOll),
    Number("omem", ClientNumber::kOmem),
    Number("tot-mem", ClientNumber::kTotMem),
    Ignored("events"),
    Text("cmd", ClientText::kCmd),
    Text("user", ClientText::kUser),
    Ignored("redir"),
    Text("resp", ClientText::kResp),
    Text("lib-name", ClientText::kLibName),
    Text("lib-ver", ClientText::kLibVer),
};

// Takes what stands before `end` off `rest`, and `end` itself.
std::string_view TakeUntil(std::string_view& rest, char end) {
  const size_t size = std::min(rest.find(end), rest.size());
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(std::min(size + 1, rest.size()));
  return taken;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

struct LabelDesc {
  ClientText field;
  std::string_view label;
};
constexpr LabelDesc kLabels[] = {
    {ClientText::kName, "name"},      {ClientText::kUser, "user"},
    {ClientText::kHost, "host"},      {ClientText::kFlags, "flags"},
    {ClientText::kDb, "db"},          {ClientText::kCmd, "cmd"},
    {ClientText::kResp, "resp"},      {ClientText::kLibName, "lib_name"},
    {ClientText::kLibVer, "lib_ver"},
};

}  // namespace

std::string_view LabelOf(ClientText field) {
  for (const LabelDesc& desc : kLabels) {
    if (desc.field == field) return desc.label;
  }
  return {};
}

std::optional<ClientText> FieldOf(std::string_view label) {
  for (const LabelDesc& desc : kLabels) {
    if (desc.label == label) return desc.field;
  }
  return std::nullopt;
}

const Client* ClientCursor::Next() {
  while (!rest_.empty()) {
    std::string_view line = TakeUntil(rest_, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (Parse(line)) return &client_;
  }
  return nullptr;
}

bool ClientCursor::Parse(std::string_view line) {
  client_.seen = 0;
  client_.texts.fill({});
  size_t expected = 0;
  bool has_address = false;
  for (size_t place = 0; !line.empty(); ++place) {
    std::string_view field = TakeUntil(line, ' ');
    const std::string_view name = TakeUntil(field, '=');
    if (place == 0 && (name != "id" || !IsDigits(field))) return false;
    if (name == "addr") {
      const size_t colon = field.rfind(':');
      if (colon == std::string_view::npos) return false;
      client_.texts[static_cast<size_t>(ClientText::kHost)] = field.substr(0, colon);
      client_.texts[static_cast<size_t>(ClientText::kPort)] = field.substr(colon + 1);
      has_address = true;
    }
    Take(name, field, expected);
  }
  return has_address && client_.Number(ClientNumber::kAge) && client_.Number(ClientNumber::kIdle);
}

void ClientCursor::Take(std::string_view name, std::string_view value, size_t& expected) {
  for (size_t i = 0; i < std::size(kFields); ++i) {
    const size_t at = (expected + i) % std::size(kFields);
    const FieldDesc& desc = kFields[at];
    if (desc.name != name) continue;
    expected = at + 1;
    if (desc.text != kNone) client_.texts[desc.text] = value;
    if (desc.number == kNone) return;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, client_.numbers[desc.number]);
    if (error == std::errc() && stop == end) client_.seen |= 1U << desc.number;
    return;
  }
}

}  // namespace pillion::redis
