#include "log/log.hpp"
#include "text/utf8.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace pillion {
namespace {

constexpr double kTime = 1795359845.123;  // 2026-11-22T15:04:05.123Z

std::string Line(LogFormat format, std::string_view message,
                 std::initializer_list<LogField> fields = {}) {
  return FormatLogLine(format, LogLevel::kInfo, kTime, message, fields);
}

// What stands behind `value=`.
std::string Value(std::string value) {
  const std::string line = Line(LogFormat::kLogfmt, "m", {{"value", std::move(value)}});
  const std::string start = "time=2026-11-22T15:04:05.123Z level=info msg=m value=";
  REQUIRE(line.substr(0, start.size()) == start);
  REQUIRE(line.back() == '\n');
  return line.substr(start.size(), line.size() - start.size() - 1);
}

std::string JsonValue(std::string value) {
  const std::string line = Line(LogFormat::kJson, "m", {{"value", std::move(value)}});
  const std::string start =
      R"({"time":"2026-11-22T15:04:05.123Z","level":"info","msg":"m","value":")";
  REQUIRE(line.substr(0, start.size()) == start);
  REQUIRE(line.substr(line.size() - 3) == "\"}\n");
  return line.substr(start.size(), line.size() - start.size() - 3);
}

std::string TimeOf(double unix_seconds) {
  const std::string line =
      FormatLogLine(LogFormat::kLogfmt, LogLevel::kInfo, unix_seconds, "m", {});
  return line.substr(5, line.find(' ') - 5);
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = DecodeUtf8(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

TEST_CASE("a logfmt line has time and level and message and fields") {
  CHECK(Line(LogFormat::kLogfmt, "instance is up",
             {{"instance", "orders"}, {"exporter", "postgres"}}) ==
        "time=2026-11-22T15:04:05.123Z level=info msg=\"instance is up\" instance=orders "
        "exporter=postgres\n");
  CHECK(Line(LogFormat::kLogfmt, "started") ==
        "time=2026-11-22T15:04:05.123Z level=info msg=started\n");
}

TEST_CASE("a JSON line is one object") {
  CHECK(Line(LogFormat::kJson, "instance is up", {{"instance", "orders"}}) ==
        R"({"time":"2026-11-22T15:04:05.123Z","level":"info","msg":"instance is up",)"
        R"("instance":"orders"})"
        "\n");
}

TEST_CASE("levels have names") {
  const auto level = [](LogLevel l) {
    return FormatLogLine(LogFormat::kLogfmt, l, 0, "m", {}).substr(30, 11);
  };
  CHECK(level(LogLevel::kDebug) == "level=debug");
  CHECK(level(LogLevel::kWarn) == "level=warn ");
  CHECK(level(LogLevel::kError) == "level=error");
}

TEST_CASE("times are UTC with milliseconds and stay within the calendar") {
  CHECK(TimeOf(0) == "1970-01-01T00:00:00.000Z");
  CHECK(TimeOf(0.999) == "1970-01-01T00:00:00.999Z");
  CHECK(TimeOf(0.9999) == "1970-01-01T00:00:00.999Z");
  CHECK(TimeOf(-0.5) == "1969-12-31T23:59:59.500Z");
  CHECK(TimeOf(951782400) == "2000-02-29T00:00:00.000Z");
  CHECK(TimeOf(253402300799.9) == "9999-12-31T23:59:59.900Z");
  CHECK(TimeOf(1e300) == "9999-12-31T23:59:59.999Z");
  CHECK(TimeOf(std::numeric_limits<double>::infinity()) == "9999-12-31T23:59:59.999Z");
  CHECK(TimeOf(-1e300) == "0001-01-01T00:00:00.000Z");
  CHECK(TimeOf(std::numeric_limits<double>::quiet_NaN()) == "0001-01-01T00:00:00.000Z");
  for (int ms = 0; ms < 1000; ++ms) {
    const std::string expected = std::to_string(1000 + ms).substr(1);
    REQUIRE(TimeOf(1795359845.0 + ms / 1000.0).substr(20, 3) == expected);
  }
}

TEST_CASE("logfmt quotes what a reader would split or misread") {
  CHECK(Value("orders") == "orders");
  CHECK(Value("127.0.0.1:5432/db?x") == "127.0.0.1:5432/db?x");
  CHECK(Value("caf\xC3\xA9") == "caf\xC3\xA9");
  CHECK(Value("") == "\"\"");
  CHECK(Value("a b") == "\"a b\"");
  CHECK(Value("a=b") == "\"a=b\"");
  CHECK(Value("say \"x\"") == R"("say \"x\"")");
  CHECK(Value("C:\\x y") == R"("C:\\x y")");
}

TEST_CASE("a target cannot forge a line") {
  CHECK(Value("x\ntime=2026 level=error msg=owned") == R"("x\ntime=2026 level=error msg=owned")");
  CHECK(Value("a\r\tb") == R"("a\r\tb")");
  CHECK(Value(std::string("a\0b", 3)) == R"("a\u0000b")");
  CHECK(Value("\x1b[2J") == R"("\u001b[2J")");
  CHECK(Value("\x7f") == R"("\u007f")");
  CHECK(Value("\xC2\x9B") == R"("\u009b")");          // CSI in one character
  CHECK(Value("\xE2\x80\xA8") == R"("\u2028")");      // a line separator
  CHECK(Value("a\xE2\x80\xAE!") == R"("a\u202e!")");  // turns the direction
  CHECK(Line(LogFormat::kLogfmt, "a\nb").find("msg=\"a\\nb\"") != std::string::npos);
}

TEST_CASE("bytes that are not UTF-8 are escaped in logfmt and replaced in JSON") {
  CHECK(Value("a\xFFz") == R"("a\xffz")");
  CHECK(Value("\xC3") == R"("\xc3")");
  CHECK(Value("\xC0\x80") == R"("\xc0\x80")");
  CHECK(Value("\xE0\x80\x8A") == R"("\xe0\x80\x8a")");
  CHECK(Value("\xF0\x80\x80\x8A") == R"("\xf0\x80\x80\x8a")");
  CHECK(Value("\xED\xA0\x80") == R"("\xed\xa0\x80")");
  CHECK(Value("\xF4\x90\x80\x80") == R"("\xf4\x90\x80\x80")");
  CHECK(Value("\xF0\x9F\x98\x80") == "\xF0\x9F\x98\x80");
  CHECK(JsonValue("a\xFFz") == "a\xEF\xBF\xBDz");
}

TEST_CASE("JSON escapes what JSON must") {
  CHECK(JsonValue("say \"x\" \\ y") == R"(say \"x\" \\ y)");
  CHECK(JsonValue("a\nb\r\t") == R"(a\nb\r\t)");
  CHECK(JsonValue(std::string("\0\x1f", 2)) == R"(\u0000\u001f)");
  CHECK(JsonValue("caf\xC3\xA9 a=b") == "caf\xC3\xA9 a=b");
  CHECK(JsonValue("\xE2\x80\xA8") == R"(\u2028)");
}

TEST_CASE("keys cannot break the line either") {
  CHECK(Line(LogFormat::kLogfmt, "m", {{"a b=\n\"c", "x"}}).find(" a_b___c=x\n") !=
        std::string::npos);
  CHECK(Line(LogFormat::kJson, "m", {{"a\"b", "x"}}).find(",\"a_b\":\"x\"}") != std::string::npos);
}

TEST_CASE("a line is cut at its bound with a mark") {
  const std::string large(100'000, 'x');
  const std::string logfmt = Line(LogFormat::kLogfmt, "m", {{"a", large}, {"b", "y"}});
  CHECK(logfmt.size() == kLineBytesMax);
  CHECK(logfmt.substr(logfmt.size() - 12) == "xx cut=true\n");
  CHECK(logfmt.find(" b=") == std::string::npos);
  const std::string quoted = Line(LogFormat::kLogfmt, "m", {{"a", large + " "}});
  CHECK(quoted.size() == kLineBytesMax);
  CHECK(quoted.substr(quoted.size() - 12) == "x\" cut=true\n");
  const std::string json = Line(LogFormat::kJson, "m", {{"a", large}});
  CHECK(json.size() == kLineBytesMax);
  CHECK(json.substr(json.size() - 16) == "xx\",\"cut\":true}\n");
}

TEST_CASE("a line that just fits is not cut") {
  const std::string head = "time=2026-11-22T15:04:05.123Z level=info msg=m a=";
  const size_t mark = std::string(" cut=true").size();
  const size_t room = kLineBytesMax - head.size() - 1 - mark;  // the mark's place is kept free
  const std::string fits = Line(LogFormat::kLogfmt, "m", {{"a", std::string(room, 'x')}});
  CHECK(fits.find("cut=true") == std::string::npos);
  const std::string cut = Line(LogFormat::kLogfmt, "m", {{"a", std::string(room + 1, 'x')}});
  CHECK(cut.find(" cut=true\n") != std::string::npos);
  CHECK(cut.size() == kLineBytesMax);
}

TEST_CASE("a cut never splits a character or an escape") {
  for (const std::string piece : {"\xF0\x9F\x98\x80", "\xE2\x82\xAC", "\n", "\x01", "\xFF", "\""}) {
    std::string value;
    for (int i = 0; i < 3000; ++i) value += piece;
    for (size_t shift = 0; shift < 8; ++shift) {
      const std::string padded = std::string(shift, 'a') + value;
      for (const LogFormat format : {LogFormat::kLogfmt, LogFormat::kJson}) {
        const std::string line = Line(format, "m", {{"v", padded}});
        REQUIRE(line.size() <= kLineBytesMax);
        REQUIRE(line.size() > kLineBytesMax - 8);
        REQUIRE(IsUtf8(line));
        REQUIRE(line.find('\n') == line.size() - 1);
        // Behind the value: an unescaped quote, if there are quotes.
        const bool json = format == LogFormat::kJson;
        const std::string mark = json ? "\",\"cut\":true}\n" : " cut=true\n";
        REQUIRE(line.substr(line.size() - mark.size()) == mark);
        size_t end = line.size() - mark.size();
        if (!json && line[end - 1] == '"') --end;
        size_t backslashes = 0;
        while (line[end - 1 - backslashes] == '\\') ++backslashes;
        REQUIRE(backslashes % 2 == 0);
      }
    }
  }
}

TEST_CASE("any bytes give one line of valid UTF-8") {
  uint64_t state = 7;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (int i = 0; i < 40; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      bytes.push_back(static_cast<char>(state >> 56));
    }
    for (const LogFormat format : {LogFormat::kLogfmt, LogFormat::kJson}) {
      const std::string line = Line(format, bytes, {{bytes, bytes}});
      REQUIRE(IsUtf8(line));
      REQUIRE(line.find('\n') == line.size() - 1);
      const bool control = std::any_of(line.begin(), line.end() - 1, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
      });
      REQUIRE_FALSE(control);
    }
  }
}

TEST_CASE("levels and formats are parsed by their exact names") {
  LogLevel level = LogLevel::kInfo;
  CHECK(ParseLogLevel("debug", &level));
  CHECK(level == LogLevel::kDebug);
  CHECK(ParseLogLevel("off", &level));
  CHECK(level == LogLevel::kOff);
  CHECK_FALSE(ParseLogLevel("Debug", &level));
  CHECK_FALSE(ParseLogLevel("", &level));
  CHECK(level == LogLevel::kOff);
  LogFormat format = LogFormat::kLogfmt;
  CHECK(ParseLogFormat("json", &format));
  CHECK(format == LogFormat::kJson);
  CHECK(ParseLogFormat("logfmt", &format));
  CHECK(format == LogFormat::kLogfmt);
  CHECK_FALSE(ParseLogFormat("JSON", &format));
}

// Logs go into a pipe while it lives; the defaults come back afterwards.
class CapturedLog {
 public:
  explicit CapturedLog(int flags = 0) {
    REQUIRE(::pipe2(fds_, flags) == 0);
    SetLogDescriptor(fds_[1]);
  }
  ~CapturedLog() {
    Restore();
    ::close(fds_[0]);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  // Everything until now, as single reads; nothing can be logged any more.
  std::vector<std::string> ReadPackets() {
    Restore();
    std::vector<std::string> packets;
    char buffer[65536];
    for (;;) {
      const ssize_t got = ::read(fds_[0], buffer, sizeof buffer);
      if (got <= 0) return packets;
      packets.emplace_back(buffer, static_cast<size_t>(got));
    }
  }

  std::string Read() {
    std::string text;
    for (const std::string& packet : ReadPackets()) text += packet;
    return text;
  }

 private:
  void Restore() {
    SetLogDescriptor(STDERR_FILENO);
    SetLog(LogLevel::kInfo, LogFormat::kLogfmt);
    if (fds_[1] >= 0) ::close(fds_[1]);
    fds_[1] = -1;
  }

  int fds_[2] = {-1, -1};
};

TEST_CASE("only lines of the level and above are written") {
  CapturedLog log;
  Log(LogLevel::kDebug, "d1");
  Log(LogLevel::kInfo, "i1");
  CHECK_FALSE(LogEnabled(LogLevel::kDebug));
  CHECK(LogEnabled(LogLevel::kInfo));
  SetLog(LogLevel::kError, LogFormat::kJson);
  Log(LogLevel::kWarn, "w2");
  Log(LogLevel::kError, "e2", {{"k", "v"}});
  SetLog(LogLevel::kOff, LogFormat::kLogfmt);
  Log(LogLevel::kError, "e3");
  Log(LogLevel::kOff, "o3");
  CHECK_FALSE(LogEnabled(LogLevel::kOff));
  const std::string text = log.Read();
  CHECK(text.find(" level=info msg=i1\n{\"time\":\"20") != std::string::npos);
  CHECK(text.find("\"level\":\"error\",\"msg\":\"e2\",\"k\":\"v\"}\n") != std::string::npos);
  for (const char* absent : {"d1", "w2", "e3", "o3"}) CHECK(text.find(absent) == std::string::npos);
}

TEST_CASE("each line is one write even from many threads") {
  constexpr int kThreads = 4;
  constexpr int kLines = 3;   // few enough for the smallest pipe: a packet takes a page of it
  CapturedLog log(O_DIRECT);  // a pipe of packets: one read returns what one write wrote
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < kLines; ++i) {
        SetLog(LogLevel::kInfo, (t + i) % 2 == 0 ? LogFormat::kJson : LogFormat::kLogfmt);
        Log(LogLevel::kInfo, "a line", {{"a", "b"}, {"c", "d"}});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> packets = log.ReadPackets();
  REQUIRE(packets.size() == kThreads * kLines);
  for (const std::string& packet : packets) {
    CAPTURE(packet);
    CHECK(packet.find('\n') == packet.size() - 1);
    CHECK((packet[0] == '{') == (packet.find("\"c\":\"d\"}\n") != std::string::npos));
    CHECK((packet[0] == 't') == (packet.find(" c=d\n") != std::string::npos));
  }
}

TEST_CASE("a log that cannot be written neither blocks nor changes errno") {
  CapturedLog log(O_NONBLOCK);
  for (int i = 0; i < 2000; ++i) Log(LogLevel::kInfo, std::string(200, 'x'));
  errno = ENOENT;
  Log(LogLevel::kInfo, "lost");
  CHECK(errno == ENOENT);
  SetLogDescriptor(-1);
  Log(LogLevel::kInfo, "lost too");
  CHECK(errno == ENOENT);
}

}  // namespace
}  // namespace pillion
