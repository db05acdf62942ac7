#include "value.hpp"

#include <charconv>
#include <cstring>
#include <limits>

namespace pillion::postgres {
namespace {

constexpr double kUnixSecondsOf2000 = 946684800;

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

template <typename To, typename From>
To Reinterpret(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

double UnixSeconds(int64_t microseconds_since_2000) {
  if (microseconds_since_2000 == std::numeric_limits<int64_t>::max()) {
    return std::numeric_limits<double>::infinity();
  }
  if (microseconds_since_2000 == std::numeric_limits<int64_t>::min()) {
    return -std::numeric_limits<double>::infinity();
  }
  return static_cast<double>(microseconds_since_2000) / 1e6 + kUnixSecondsOf2000;
}

}  // namespace

std::optional<double> DecodeNumber(uint32_t type, std::string_view bytes) {
  const uint64_t bits = bytes.size() <= 8 ? BigEndian(bytes) : 0;
  switch (bytes.size()) {
    case 1:
      if (type == kBoolOid) return bits != 0 ? 1 : 0;
      break;
    case 2:
      if (type == kInt2Oid) return Reinterpret<int16_t>(static_cast<uint16_t>(bits));
      break;
    case 4:
      if (type == kInt4Oid) return Reinterpret<int32_t>(static_cast<uint32_t>(bits));
      if (type == kFloat4Oid) return Reinterpret<float>(static_cast<uint32_t>(bits));
      if (type == kOidOid || type == kXidOid) return static_cast<double>(bits);
      break;
    case 8:
      if (type == kInt8Oid) return static_cast<double>(Reinterpret<int64_t>(bits));
      if (type == kFloat8Oid) return Reinterpret<double>(bits);
      if (type == kPgLsnOid) return static_cast<double>(bits);
      if (type == kTimestamptzOid) return UnixSeconds(Reinterpret<int64_t>(bits));
      break;
    default: break;
  }
  return std::nullopt;
}

std::optional<std::vector<double>> DecodeNumbers(std::string_view bytes) {
  constexpr size_t kInt = 4;
  constexpr size_t kElement = kInt + 8;  // its size, then itself
  const auto word = [&](size_t i) { return BigEndian(bytes.substr(i * kInt, kInt)); };
  if (bytes.size() == 3 * kInt && word(0) == 0) return std::vector<double>();
  // Dimensions, whether there are NULLs, type; then the dimension's length and first index.
  if (bytes.size() < 5 * kInt || word(0) != 1 || word(2) != kFloat8Oid) return std::nullopt;
  const uint64_t count = word(3);
  bytes.remove_prefix(5 * kInt);
  if (bytes.size() % kElement != 0 || bytes.size() / kElement != count) return std::nullopt;
  std::vector<double> numbers;
  for (; !bytes.empty(); bytes.remove_prefix(kElement)) {
    if (BigEndian(bytes.substr(0, kInt)) != 8) return std::nullopt;
    numbers.push_back(Reinterpret<double>(BigEndian(bytes.substr(kInt, 8))));
  }
  return numbers;
}

std::string_view DecodeLabel(uint32_t type, std::string_view bytes, std::string& scratch) {
  int64_t number = 0;
  if (type == kOidOid && bytes.size() == 4) {
    number = static_cast<int64_t>(BigEndian(bytes));
  } else if (type == kInt4Oid && bytes.size() == 4) {
    number = Reinterpret<int32_t>(static_cast<uint32_t>(BigEndian(bytes)));
  } else {
    return bytes;
  }
  scratch = std::to_string(number);
  return scratch;
}

TextArray::TextArray(std::string_view bytes) : rest_(bytes) {
  constexpr size_t kInt = 4;
  const auto word = [&](size_t i) { return BigEndian(bytes.substr(i * kInt, kInt)); };
  // Dimensions, whether there are NULLs, type; then for each dimension its length and first index.
  if (bytes.size() == 3 * kInt && word(0) == 0) rest_ = {};
  if (bytes.size() < 5 * kInt || word(0) != 1 || word(2) != kTextOid) return;
  left_ = static_cast<uint32_t>(word(3));
  rest_ = bytes.substr(5 * kInt);
}

bool TextArray::Next(std::string_view& element) {
  constexpr size_t kSizeBytes = 4;
  constexpr uint64_t kNull = 0xffffffff;
  if (left_ == 0 || rest_.size() < kSizeBytes) return false;
  const uint64_t size = BigEndian(rest_.substr(0, kSizeBytes));
  const size_t bytes = size == kNull ? 0 : size;
  if (bytes > rest_.size() - kSizeBytes) return false;
  element = rest_.substr(kSizeBytes, bytes);
  rest_.remove_prefix(kSizeBytes + bytes);
  --left_;
  return true;
}

std::optional<double> ParseNumber(std::string_view text, std::string_view* rest) {
  if (rest != nullptr) *rest = {};
  if (text == "on" || text == "true") return 1;
  if (text == "off" || text == "false") return 0;
  double value = 0;
  // from_chars takes "nan" and "infinity" in any case, as the server writes them.
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure == std::errc::result_out_of_range) return std::nullopt;
  if (failure != std::errc{}) return std::nullopt;
  const std::string_view behind = text.substr(static_cast<size_t>(end - text.data()));
  if (rest != nullptr) {
    *rest = behind;
  } else if (!behind.empty()) {
    return std::nullopt;
  }
  return value;
}

std::string ArrayLiteral(const std::vector<std::string>& items) {
  std::string literal = "{";
  for (const std::string& item : items) {
    if (literal.size() > 1) literal += ',';
    literal += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
    literal += '"';
  }
  return literal + '}';
}

}  // namespace pillion::postgres
