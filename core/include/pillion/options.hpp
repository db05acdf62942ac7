// Options: an instance's configured values, as validated by the host against the option table.
//
// Threads: call from the constructor, Poll or the destructor of the exporter, not concurrently.
// Lifetime: strings from String() live until the exporter object is destroyed.
//
// A secret never comes out of String(): fetch it with Secret() for every connect, so that a
// rotated password is picked up without any work of yours, and a wrong one is not tried again and
// again: after a poll that ended with kAuth Secret() fails until the secret changes or a pause is
// over. An exporter that keeps its session asks SecretsChanged() once a poll:
//
//   if (options.SecretsChanged()) {        // at the end of a poll that went well
//     Session second;
//     const Result<void> opened = second.Open(ctx, options);  // calls Secret()
//     options.SecretsTried(opened);
//     if (opened.ok()) session.swap(second);                  // else the old one goes on
//   }
#pragma once

#include <pillion/result.hpp>
#include <pillion/tables.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {

// A secret's text; wiped when it goes. Don't copy it into a std::string that lives on.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) { Wipe(text); }
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) { Wipe(other.text_); }
  SecretText& operator=(SecretText&& other) noexcept {
    Wipe(text_);
    text_ = std::move(other.text_);
    Wipe(other.text_);
    return *this;
  }
  ~SecretText() { Wipe(text_); }

  bool empty() const { return text_.empty(); }
  std::string_view view() const { return text_; }
  const char* c_str() const { return text_.c_str(); }

 private:
  // All of the capacity: a short string that was moved from is empty but still holds its bytes.
  static void Wipe(std::string& text) {
    text.resize(text.capacity());
    volatile char* p = text.data();
    for (size_t i = 0; i < text.size(); ++i) p[i] = 0;
    text.clear();
  }
  std::string text_;
};

// Thrown by an exporter's constructor: the value of this option cannot be used, and why. Never put
// a value into `why` that may hold a secret.
//
//   throw OptionError("address", "the port must be a number from 1 to 65535");
class OptionError : public std::invalid_argument {
 public:
  OptionError(std::string_view option, std::string_view why)
      : std::invalid_argument(std::string(option).append(": ").append(why)),
        option_bytes_(option.size()) {}

  std::string_view option() const { return std::string_view(what()).substr(0, option_bytes_); }
  std::string_view why() const { return std::string_view(what()).substr(option_bytes_ + 2); }

 private:
  size_t option_bytes_;
};

namespace detail {

// Typed values by name, of whatever Derived::Read reads.
template <typename Derived>
class TypedValues {
 public:
  bool IsSet(std::string_view name) const { return Value(name).type != 0; }

  // Each returns the configured value, or the table's default, or the fallback.
  std::string_view String(std::string_view name, std::string_view fallback = {}) const {
    const pillion_value value = Value(name);
    return value.type == PILLION_OPT_STRING ? ToView(value.text) : fallback;
  }
  bool Bool(std::string_view name, bool fallback = false) const {
    const pillion_value value = Value(name);
    return value.type == PILLION_OPT_BOOL ? value.flag != 0 : fallback;
  }
  int64_t Int(std::string_view name, int64_t fallback = 0) const {
    const pillion_value value = Value(name);
    return value.type == PILLION_OPT_INT ? value.integer : fallback;
  }
  double Float(std::string_view name, double fallback = 0) const {
    const pillion_value value = Value(name);
    return value.type == PILLION_OPT_FLOAT ? value.number : fallback;
  }
  std::chrono::nanoseconds Duration(std::string_view name,
                                    std::chrono::nanoseconds fallback = {}) const {
    const pillion_value value = Value(name);
    return value.type == PILLION_OPT_DURATION ? std::chrono::nanoseconds(value.integer) : fallback;
  }
  size_t Size(std::string_view name, size_t fallback = 0) const {
    const pillion_value value = Value(name);
    return value.type == PILLION_OPT_SIZE ? static_cast<size_t>(value.integer) : fallback;
  }
  // The pairs of a table of strings, in the order of the file.
  std::vector<std::pair<std::string_view, std::string_view>> StringMap(
      std::string_view name) const {
    const pillion_value value = Value(name);
    std::vector<std::pair<std::string_view, std::string_view>> map;
    if (value.type != PILLION_OPT_STRING_MAP) return map;
    for (size_t i = 0; i < value.list_size; ++i) {
      map.emplace_back(ToView(value.keys[i]), ToView(value.list[i]));
    }
    return map;
  }
  std::vector<std::string_view> StringList(std::string_view name) const {
    const pillion_value value = Value(name);
    std::vector<std::string_view> list;
    if (value.type != PILLION_OPT_STRING_LIST) return list;
    for (size_t i = 0; i < value.list_size; ++i) list.push_back(ToView(value.list[i]));
    return list;
  }

 private:
  pillion_value Value(std::string_view name) const {
    pillion_value value{};
    value.size = sizeof value;
    static_cast<const Derived*>(this)->Read(name, &value);
    return value;
  }
};

}  // namespace detail

// One table of an option of type kRecords: its fields are read as options are.
class Record : public detail::TypedValues<Record> {
 public:
  Record(const pillion_host* host, pillion_instance* instance, std::string_view option,
         size_t index)
      : host_(host), instance_(instance), option_(option), index_(index) {}

  size_t index() const { return index_; }

  // Only in the constructor of the exporter: a field cannot be used, and why; an empty name: the
  // table as a whole. Shown at its place in the configuration. More may follow: the object is made
  // all the same, and then thrown away.
  void Refuse(std::string_view field, std::string_view why) const {
    host_->refuse_record(instance_, ToStr(option_), index_, ToStr(field), ToStr(why));
  }

 private:
  friend class detail::TypedValues<Record>;
  void Read(std::string_view name, pillion_value* out) const {
    host_->record(instance_, ToStr(option_), index_, ToStr(name), out);
  }

  const pillion_host* host_;
  pillion_instance* instance_;
  std::string option_;
  size_t index_;
};

class Options : public detail::TypedValues<Options> {
 public:
  Options(const pillion_host* host, pillion_instance* instance)
      : host_(host), instance_(instance) {}

  // The tables of an option of type kRecords, in the order of the file.
  std::vector<Record> Records(std::string_view name) const;

  // The secret's value at this moment; empty if it is not configured. At most 64 KiB. One that
  // cannot be read, or that the target refused a moment ago, is kAuth: pass the error on as the
  // poll's. The host says more in its place.
  Result<SecretText> Secret(std::string_view name) const {
    std::string text(512, '\0');
    for (int attempt = 0; attempt < 3; ++attempt) {
      pillion_buffer buffer{text.data(), text.size(), 0};
      const uint32_t reason = host_->secret(instance_, ToStr(name), &buffer);
      if (reason != PILLION_REASON_OK) {
        return Error{static_cast<Reason>(reason),
                     "secret `" + std::string(name) + "` is not available; the host says why"};
      }
      if (buffer.size <= text.size()) {
        SecretText secret(std::string(text.data(), buffer.size));
        SecretText wipe(std::move(text));
        return secret;
      }
      SecretText wipe(std::move(text));
      if (buffer.size > kSecretBytesMax) break;
      text = std::string(buffer.size, '\0');
    }
    return Error{Reason::kLimit, "secret `" + std::string(name) + "` is larger than 64 KiB"};
  }

  // Whether a secret that was fetched has another value now, one that is worth a second session.
  // Costs reading a file. Only inside Poll, with an open session.
  bool SecretsChanged() const {
    // A host that is older than this header leaves sessions as they are.
    constexpr size_t kNeeded = offsetof(pillion_host, secrets_changed) + sizeof(void*);
    return host_->size >= kNeeded && host_->secrets_changed(instance_) != 0;
  }

  // How the second session went. kAuth: the values were refused, and the host says when to try
  // again; any other failure says nothing about them.
  void SecretsTried(const Result<void>& outcome) const {
    constexpr size_t kNeeded = offsetof(pillion_host, secrets_tried) + sizeof(void*);
    if (host_->size < kNeeded) return;
    const Error ok{Reason::kOk, {}};
    const Error& error = outcome.ok() ? ok : outcome.error();
    host_->secrets_tried(instance_, static_cast<uint32_t>(error.reason), ToStr(error.message));
  }

  // Only in the constructor of the exporter: as throwing an OptionError, for who has more to say.
  void Refuse(std::string_view option, std::string_view why) const {
    constexpr size_t kNeeded = offsetof(pillion_host, refuse_option) + sizeof(void*);
    if (host_->size < kNeeded) throw OptionError(option, why);
    host_->refuse_option(instance_, ToStr(option), ToStr(why));
  }

  // Only in the constructor of the exporter: a collector beside those of the table, for what the
  // options ask for. Its index, or PILLION_NO_COLLECTOR: leave it out, the host has said why.
  uint32_t AddCollector(const Collector& collector) const {
    constexpr size_t kNeeded = offsetof(pillion_host, add_collector) + sizeof(void*);
    if (host_->size < kNeeded) return PILLION_NO_COLLECTOR;
    const pillion_collector in_c = detail::ToC(collector);
    return host_->add_collector(instance_, &in_c);
  }

  std::string_view InstanceName() const { return ToView(host_->instance_name(instance_)); }

  // One log line; the host adds the instance's name and bounds the rate.
  void Log(uint32_t level, std::string_view message) const {
    host_->log(instance_, level, ToStr(message));
  }

 private:
  static constexpr size_t kSecretBytesMax = 64 * 1024;

  friend class detail::TypedValues<Options>;
  void Read(std::string_view name, pillion_value* out) const {
    host_->option(instance_, ToStr(name), out);
  }

  const pillion_host* host_;
  pillion_instance* instance_;
};

inline std::vector<Record> Options::Records(std::string_view name) const {
  pillion_value value{};
  value.size = sizeof value;
  Read(name, &value);
  std::vector<Record> records;
  if (value.type != PILLION_OPT_RECORDS) return records;
  for (int64_t i = 0; i < value.integer; ++i) {
    records.emplace_back(host_, instance_, name, static_cast<size_t>(i));
  }
  return records;
}

}  // namespace pillion
