#include "config/probe_target.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pillion {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr std::string_view kAnything = "**";

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsTargetCharacter(char c) {
  return IsLetterOrDigit(c) || std::string_view("._-:/[]").find(c) != std::string_view::npos;
}

bool IsWildcard(char c) { return c == '*' || c == '?'; }

std::string_view Scheme(std::string_view target) {
  const size_t end = target.find(kSchemeEnd);
  return end == target.npos ? std::string_view() : target.substr(0, end);
}

std::string_view BehindScheme(std::string_view target) {
  const size_t end = target.find(kSchemeEnd);
  return end == target.npos ? target : target.substr(end + kSchemeEnd.size());
}

// What a `*` and a `?` do not stand for: it would reach into another domain, port or directory.
bool IsBorder(char c) { return c == '.' || c == ':' || c == '/'; }

std::string WrongPlace(std::string_view place, bool pattern) {
  if (place.empty()) return "is empty";
  if (place.size() > kProbeTargetBytesMax) {
    return fmt::format("is longer than {} bytes", kProbeTargetBytesMax);
  }
  const bool known = std::all_of(place.begin(), place.end(), [&](char c) {
    return IsTargetCharacter(c) || (pattern && IsWildcard(c));
  });
  if (!known) {
    return pattern
               ? "may hold letters, digits and . _ - : / [ ] * ?"
               : "may hold letters, digits and . _ - : / [ ]; a user, a password and parameters "
                 "are the configuration's";
  }
  if (place.starts_with(':')) return "has no host";
  // A path that climbs would leave the directory that a pattern names.
  if (place.find("..") != place.npos || place.find("//") != place.npos) {
    return "may hold neither `..` nor `//`";
  }
  return {};
}

}  // namespace

std::string WrongTarget(std::string_view target) {
  if (target.size() > kProbeTargetBytesMax) {
    return fmt::format("is longer than {} bytes", kProbeTargetBytesMax);
  }
  const std::string_view scheme = Scheme(target);
  const bool letters = std::all_of(scheme.begin(), scheme.end(), IsLetterOrDigit);
  if (!letters || target.starts_with(kSchemeEnd)) {
    return "has a scheme of other characters than letters and digits";
  }
  return WrongPlace(BehindScheme(target), /*pattern=*/false);
}

std::string WrongTargetPattern(std::string_view pattern) {
  if (pattern.find(kSchemeEnd) != pattern.npos) return "has a scheme; leave it out";
  return WrongPlace(pattern, /*pattern=*/true);
}

bool FitsTarget(std::string_view pattern, std::string_view target) {
  target = BehindScheme(target);
  // Where to go on if the last star, or the last pair of stars, has to take a character more. Stars
  // before a pair need no other try: whatever they leave, the pair takes.
  struct Retry {
    size_t pattern = std::string_view::npos;
    size_t taken = 0;
    bool there() const { return pattern != std::string_view::npos; }
  };
  Retry star, pair;
  size_t p = 0, t = 0;
  while (t < target.size()) {
    const bool spans = !IsBorder(target[t]);
    if (pattern.substr(p).starts_with(kAnything)) {
      p += kAnything.size();
      pair = {p, t};
      star = {};
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = {++p, t};
    } else if (p < pattern.size() && (pattern[p] == '?' ? spans : pattern[p] == target[t])) {
      ++p;
      ++t;
    } else if (star.there() && !IsBorder(target[star.taken])) {
      t = ++star.taken;
      p = star.pattern;
    } else if (pair.there()) {
      t = ++pair.taken;
      p = pair.pattern;
      star = {};
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

std::string SampleTarget(std::string_view pattern) {
  if (pattern == kAnything) return "localhost:1";
  std::string sample(pattern);
  // 1 fits into a name, an address and a port.
  std::replace_if(sample.begin(), sample.end(), IsWildcard, '1');
  return sample;
}

Result<std::string> ProbeAddress(const ProbeConfig& probe, std::string_view target) {
  if (std::string wrong = WrongTarget(target); !wrong.empty()) {
    return Error{Reason::kProtocol, "the target " + wrong};
  }
  std::string address = probe.address;
  const size_t mark = address.find(ProbeConfig::kTargetMark);
  if (mark == address.npos) return address;
  const bool whole = address == ProbeConfig::kTargetMark;
  const std::string_view place = whole ? target : BehindScheme(target);
  const bool in_url = std::string_view(address).substr(0, mark).ends_with(kSchemeEnd);
  if (in_url && place.starts_with('/')) {
    return Error{Reason::kProtocol, "the target is a path, and the address takes a host"};
  }
  address.replace(mark, ProbeConfig::kTargetMark.size(), place);
  return address;
}

InstanceConfig ProbeInstance(const ProbeConfig& probe, std::string_view target) {
  InstanceConfig instance = probe.instance;
  instance.name = probe.InstanceName();
  const bool whole = probe.address == ProbeConfig::kTargetMark;
  instance.target = std::string(whole ? target : BehindScheme(target));
  if (auto address = ProbeAddress(probe, target)) {
    instance.options[probe.address_option].text = *std::move(address);
  }
  return instance;
}

}  // namespace pillion
