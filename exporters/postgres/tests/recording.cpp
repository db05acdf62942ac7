#include "postgres/tests/recording.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "postgres/extensions.hpp"
#include "postgres/value.hpp"

namespace pillion::postgres {
namespace {

constexpr int kTextArrayOid = 1009;
constexpr int kFloat8ArrayOid = 1022;
constexpr size_t kArrayHeaderBytes = 20;

// Bytes of the types that are numbers on the wire.
const std::map<int, size_t> kNumberBytes = {{16, 1}, {20, 8},  {21, 2},  {23, 4},   {26, 4},
                                            {28, 4}, {700, 4}, {701, 8}, {1184, 8}, {3220, 8}};
const std::set<int> kTexts = {18, 19, 25, 1043};

std::string FileOf(int major) {
  return POSTGRES_TESTDATA "/versions/" + std::to_string(major) + ".txt";
}

std::string Hex(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  char digits[16];
  return {digits, std::to_chars(digits, std::end(digits), number, 16).ptr};
}

std::string OfHex(std::string_view digits, size_t size) {
  uint64_t number = 0;
  const auto [end, failure] = std::from_chars(digits.begin(), digits.end(), number, 16);
  if (failure != std::errc{} || end != digits.end()) throw std::runtime_error("not hexadecimal");
  std::string bytes(size, '\0');
  for (size_t i = size; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xff);
  return bytes;
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const size_t special = std::string_view("\\\n\t|").find(c);
    if (special == std::string_view::npos) {
      escaped += c;
    } else {
      escaped.append(1, '\\').append(1, "\\ntp"[special]);
    }
  }
  return escaped;
}

std::string OfEscaped(std::string_view escaped) {
  std::string text;
  for (size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\' || i + 1 == escaped.size()) {
      text += escaped[i];
      continue;
    }
    const size_t special = std::string_view("\\ntp").find(escaped[++i]);
    if (special == std::string_view::npos) throw std::runtime_error("an unknown escape");
    text += "\\\n\t|"[special];
  }
  return text;
}

std::vector<std::string_view> Split(std::string_view line, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at; (at = line.find(separator)) != std::string_view::npos;) {
    parts.push_back(line.substr(0, at));
    line.remove_prefix(at + 1);
  }
  parts.push_back(line);
  return parts;
}

std::string TextOf(int type, std::string_view bytes);

std::string TextOfArray(int element, std::string_view bytes) {
  std::string text;
  const char* separator = "";
  bytes.remove_prefix(std::min(bytes.size(), kArrayHeaderBytes));
  while (bytes.size() >= 4) {
    const size_t size = ReadInt32(bytes);
    text.append(std::exchange(separator, "|")).append(TextOf(element, bytes.substr(4, size)));
    bytes.remove_prefix(4 + size);
  }
  return text;
}

std::string TextOf(int type, std::string_view bytes) {
  if (kTexts.count(type) != 0) return Escaped(bytes);
  if (type == kTextArrayOid) return TextOfArray(25, bytes);
  if (type == kFloat8ArrayOid) return TextOfArray(701, bytes);
  const auto number = kNumberBytes.find(type);
  if (number == kNumberBytes.end() || number->second != bytes.size()) {
    throw std::runtime_error("nobody reads type " + std::to_string(type));
  }
  return Hex(bytes);
}

std::string BytesOf(int type, std::string_view text) {
  if (kTexts.count(type) != 0) return OfEscaped(text);
  if (type == kTextArrayOid || type == kFloat8ArrayOid) {
    const int element = type == kTextArrayOid ? 25 : 701;
    const auto parts = Split(text, '|');
    std::string bytes =
        Int32(1) + Int32(0) + Int32(element) + Int32(static_cast<int64_t>(parts.size())) + Int32(1);
    for (const std::string_view part : parts) {
      const std::string value = BytesOf(element, part);
      bytes += Int32(static_cast<int64_t>(value.size())) + value;
    }
    return bytes;
  }
  return OfHex(text, kNumberBytes.at(type));
}

std::optional<std::string> CellOf(const PGresult* rows, int row, int column) {
  if (PQgetisnull(rows, row, column)) return std::nullopt;
  return std::string(PQgetvalue(rows, row, column),
                     static_cast<size_t>(PQgetlength(rows, row, column)));
}

void ReadRow(std::string_view line, FakeAnswer& answer) {
  const auto cells = Split(line, '\t');
  if (cells.size() != answer.columns.size()) throw std::runtime_error("a row of another length");
  FakeRow& row = answer.rows.emplace_back();
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i] == "\\N") {
      row.emplace_back(std::nullopt);
    } else {
      row.emplace_back(BytesOf(answer.columns[i].type, cells[i]));
    }
  }
}

}  // namespace

int Recording::ExtensionVersion(std::string_view name) const {
  for (const FakeRow& row : statements.at(kExtensionsStatement).answer.rows) {
    if (row.at(0) == name) return postgres::ExtensionVersion(row.at(2).value());
  }
  return 0;
}

std::string Recording::ExtensionSchema(std::string_view name) const {
  for (const FakeRow& row : statements.at(kExtensionsStatement).answer.rows) {
    if (row.at(0) == name) return row.at(1).value();
  }
  return "";
}

const Query* Recording::QueryOf(CollectorId collector) const {
  const int major = std::stoi(version);
  const std::string_view extension = kTraits[collector].extension;
  if (extension.empty()) return SelectQuery(collector, major);
  return SelectQuery(collector, major, ExtensionVersion(extension));
}

std::string Digest(std::string_view sql) {
  uint64_t digest = 0xcbf29ce484222325;  // FNV-1a
  bool space = false;
  for (const char c : sql) {
    const bool was_space = std::exchange(space, c == ' ' || c == '\n');
    if (space && was_space) continue;
    digest = (digest ^ static_cast<unsigned char>(space ? ' ' : c)) * 0x100000001b3;
  }
  char digits[16];
  return {digits, std::to_chars(digits, std::end(digits), digest, 16).ptr};
}

bool HasRecording(int major) { return std::filesystem::exists(FileOf(major)); }

Recording ReadRecording(int major) {
  Recording recording;
  RecordedStatement* statement = nullptr;
  std::ifstream in(FileOf(major));
  if (!in) throw std::runtime_error("cannot read " + FileOf(major));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# ")) continue;
    std::istringstream words(line);
    std::string word;
    if (line.starts_with("version ")) {
      words >> word >> recording.version;
    } else if (line.starts_with("@ ")) {
      std::string name;
      words >> word >> name;
      statement = &recording.statements[name];
      words >> statement->digest;
    } else if (statement == nullptr) {
      throw std::runtime_error("a row before the first statement");
    } else if (statement->answer.columns.empty()) {
      for (const std::string_view column : Split(line, '\t')) {
        const auto parts = Split(column, ':');
        statement->answer.columns.push_back(
            {std::string(parts.at(0)), std::stoi(std::string(parts.at(1)))});
      }
    } else {
      ReadRow(line, statement->answer);
    }
  }
  return recording;
}

void WriteRecording(const Recording& recording) {
  std::ofstream out(FileOf(std::stoi(recording.version)));
  out << "# What PostgreSQL " << recording.version << " answered. Written by tests/record.sh.\n"
      << "version " << recording.version << '\n';
  for (const auto& [name, statement] : recording.statements) {
    out << "@ " << name << ' ' << statement.digest << '\n';
    const auto& columns = statement.answer.columns;
    for (size_t i = 0; i < columns.size(); ++i) {
      out << (i == 0 ? "" : "\t") << columns[i].name << ':' << columns[i].type;
    }
    out << '\n';
    for (const FakeRow& row : statement.answer.rows) {
      for (size_t i = 0; i < row.size(); ++i) {
        out << (i == 0 ? "" : "\t") << (row[i] ? TextOf(columns[i].type, *row[i]) : "\\N");
      }
      out << '\n';
    }
  }
}

FakeAnswer AnswerOf(const PGresult* rows) {
  FakeAnswer answer;
  const int columns = PQnfields(rows);
  for (int i = 0; i < columns; ++i) {
    answer.columns.push_back({PQfname(rows, i), static_cast<int>(PQftype(rows, i))});
  }
  std::set<int> known;
  for (int row = 0; row < PQntuples(rows); ++row) {
    bool news = answer.rows.size() < 2;
    for (int i = 0; i < columns; ++i) {
      if (!PQgetisnull(rows, row, i)) news = known.insert(i).second || news;
    }
    if (!news) continue;
    FakeRow& kept = answer.rows.emplace_back();
    for (int i = 0; i < columns; ++i) kept.push_back(CellOf(rows, row, i));
  }
  return answer;
}

}  // namespace pillion::postgres
