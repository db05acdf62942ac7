// The parser of INFO (and of CLUSTER INFO, which has the same form without sections).
//
//   # Memory
//   used_memory:1041672
//   # Keyspace
//   db0:keys=2,expires=1,avg_ttl=0
//
// All results are views into the text, which must outlive them. Any bytes are taken: a line that is
// not `field:value` is skipped, a section that comes twice counts as the first. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pillion::redis {

// The sections whose lines have a form of their own; the lines of all others are plain fields.
enum class Section : uint8_t {
  kPlain,
  kServer,
  kReplication,
  kCommandstats,
  kLatencystats,
  kErrorstats,
  kKeyspace,
  kSentinel,
  kClusterInfo,  // Valkey 9.1 repeats CLUSTER INFO here
};

struct InfoField {
  std::string_view name;
  std::string_view value;
};

// Walks the fields of a section's body.
//   for (FieldCursor at(body); auto field = at.Next();) ...
class FieldCursor {
 public:
  explicit FieldCursor(std::string_view body) : rest_(body) {}
  std::optional<InfoField> Next();

 private:
  std::string_view rest_;
};

// Walks `a=1,b=2`. A part without `=` has an empty value.
class PairCursor {
 public:
  explicit PairCursor(std::string_view text) : rest_(text) {}
  std::optional<InfoField> Next();

 private:
  std::string_view rest_;
};

class Info {
 public:
  // What comes later is not seen. Redis 8 has 17 sections and some 250 plain fields.
  static constexpr size_t kSectionsMax = 64;
  static constexpr size_t kPlainFieldsMax = 10'000;

  Info() = default;
  explicit Info(std::string_view text);

  struct Part {
    Section section = Section::kPlain;
    std::string_view body;
    std::string_view name = {};
    uint32_t first_field = 0;  // of plain_
    uint32_t field_count = 0;
  };
  std::span<const Part> parts() const { return {parts_.data(), count_}; }

  // The fields of a section that has plain ones. They are found once, as many collectors ask for
  // them; the lines of all other sections are walked by the one that knows their form.
  std::span<const InfoField> PlainFields(const Part& part) const {
    return std::span(plain_).subspan(part.first_field, part.field_count);
  }

  // The body of a special section; empty if there is none.
  std::string_view Body(Section section) const;
  bool Has(Section section) const;

 private:
  void Append(std::string_view name, std::string_view body);

  std::array<Part, kSectionsMax> parts_{};
  size_t count_ = 0;
  std::vector<InfoField> plain_;
};

// Whether the section's lines are plain fields (perhaps among others).
bool HasPlainFields(Section section);

// The whole text as a number, or nothing: "1", "-1", "1.5", "nan". Overflow is nothing.
std::optional<double> ToDouble(std::string_view text);
// The same for a field's value, where ok and true are 1; err, fail and false are 0.
std::optional<double> ToValue(std::string_view text);

// "7.0.15" -> {7, 0}; what is not a version gives {0, 0}.
struct Version {
  int major = 0;
  int minor = 0;
  bool operator==(const Version&) const = default;
  bool AtLeast(int other_major, int other_minor = 0) const {
    return major != other_major ? major > other_major : minor >= other_minor;
  }
};
Version ToVersion(std::string_view text);

// Whether `text` is `prefix` followed by at least one digit and nothing else.
bool IsNumbered(std::string_view text, std::string_view prefix);

}  // namespace pillion::redis
