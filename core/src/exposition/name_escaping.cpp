#include "exposition/name_escaping.hpp"

#include "model/fragment_rewriter.hpp"
#include "model/label_block.hpp"
#include "model/name.hpp"
#include "text/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pillion {
namespace {

constexpr uint32_t kNone = 0xffffffffu;

void AppendHex(std::string& out, uint32_t number) {
  char digits[8];
  const char* const end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

// `colon`: it may stay.
std::string Escape(std::string_view name, Escaping escaping, bool colon) {
  if (escaping == Escaping::kAllowUtf8) return std::string(name);
  std::string out = escaping == Escaping::kValues ? "U__" : "";
  for (size_t at = 0; at < name.size();) {
    const char c = name[at];
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool stays = letter || (digit && at > 0) || (c == ':' && colon);
    const Utf8Character character = DecodeUtf8(name.substr(at));
    at += std::max<size_t>(character.length, 1);
    if (stays) {
      out += c;
      continue;
    }
    switch (escaping) {
      case Escaping::kAllowUtf8:
      case Escaping::kUnderscores: out += '_'; break;
      case Escaping::kDots: out += c == '.' ? "_dot_" : "__"; break;
      case Escaping::kValues:
        out += '_';
        if (c != '_') AppendHex(out, character.code_point);
        out += '_';
        break;
    }
  }
  return out;
}

// The block with its label names escaped; nothing if two of them are the same now or one is
// reserved.
std::optional<std::string> EscapeBlock(std::string_view block, Escaping escaping) {
  std::string out;
  std::vector<std::string> names;
  std::string_view spelled, value;
  while (TakeLabel(block, &spelled, &value)) {
    std::string name(spelled);
    if (spelled.starts_with('"')) {
      name = EscapeLabelName(UnescapeLabelValue(spelled.substr(1, spelled.size() - 2)), escaping);
      if (!IsLabelName(name)) return std::nullopt;
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) return std::nullopt;
    if (!out.empty()) out += ',';
    out.append(name).append("=\"").append(value).append("\"");
    names.push_back(std::move(name));
  }
  return out;
}

FamilyPtr EscapeFamily(const FamilyPtr& family, Escaping escaping) {
  if (IsLegacyMetricName(family->name)) return family;
  FamilyDesc desc = *family;
  desc.name = EscapeMetricName(family->name, escaping);
  return std::make_shared<const FamilyDesc>(std::move(desc));
}

// A family of a fragment that is on the page.
struct Shown {
  FamilyPtr family;  // escaped
  const PlanPart* part;
};

// Whether all of the fragment is on the page and none of its names changes.
bool IsAsItWas(const Fragment& fragment, const std::vector<Shown>& shown) {
  return shown.size() == fragment.families.size() && !fragment.blocks.may_have_quoted_names() &&
         std::all_of(shown.begin(), shown.end(), [&](const Shown& s) {
           return s.part->duplicates.empty() &&
                  s.family->name == fragment.families[s.part->range].family->name;
         });
}

class FragmentEscaper {
 public:
  FragmentEscaper(const Fragment& from, Escaping escaping, Drops* drops)
      : from_(from),
        escaping_(escaping),
        drops_(*drops),
        quoted_(from.blocks.may_have_quoted_names()),
        to_(from),
        blocks_(from.blocks.count()) {}

  FragmentPtr Run(std::vector<Shown> shown) {
    std::stable_sort(shown.begin(), shown.end(), [](const Shown& a, const Shown& b) {
      return a.family->name < b.family->name;
    });
    for (uint32_t i = 0; i < shown.size(); ++i) CopyFamily(shown[i], i);
    const std::shared_ptr<Fragment> result = to_.Take();
    if (quoted_) EscapeExemplars(*result);
    return result;
  }

 private:
  // The block's reference in the result; kNone: it cannot be escaped.
  LabelRef Block(LabelRef labels) {
    if (!quoted_) return to_.Keep(labels);
    std::optional<LabelRef>& known = blocks_[labels];
    if (!known) {
      const auto block = EscapeBlock(from_.blocks[labels], escaping_);
      known = block ? to_.Intern(*block) : kNone;
    }
    return *known;
  }

  void CopyFamily(const Shown& shown, uint32_t number) {
    PlanFamily only;  // this part of it
    only.parts = {*shown.part};
    const bool single = HasSingleValue(shown.family->type);
    to_.Begin(shown.family);
    ForEachPoint(only, [&](const PlanPart& part, uint32_t point) {
      const LabelRef old = single ? from_.labels[point] : from_.distributions[point].labels;
      const LabelRef labels = Block(old);
      if (labels == kNone) {
        drops_.NoteParts(DropReason::kInvalidName, shown.family->name, "{", from_.blocks[old],
                         "}: its labels cannot be told apart as `", ToString(escaping_), "`");
        return;
      }
      if (labels >= last_family_.size()) last_family_.resize(labels + size_t{1}, kNone);
      if (std::exchange(last_family_[labels], number) == number) {
        drops_.NoteParts(DropReason::kDuplicate, shown.family->name, "{", from_.blocks[old],
                         "} is there already as `", ToString(escaping_), "`");
        return;
      }
      to_.Copy(part.range, point, labels);
    });
    to_.End();
  }

  void EscapeExemplars(Fragment& result) {
    for (SampleNote& note : result.notes) {
      std::erase_if(note.exemplars, [&](Exemplar& exemplar) {
        const auto block = EscapeBlock(exemplar.labels, escaping_);
        if (!block) return true;
        exemplar.labels = *block;
        return false;
      });
    }
  }

  const Fragment& from_;
  const Escaping escaping_;
  Drops& drops_;
  const bool quoted_;
  FragmentRewriter to_;
  std::vector<std::optional<LabelRef>> blocks_;
  std::vector<uint32_t> last_family_;  // by reference in the result: finds duplicates
};

std::vector<SnapshotPtr> EscapeNames(std::span<const SnapshotPtr> snapshots, const PagePlan& plan,
                                     Escaping escaping, Drops& drops) {
  std::unordered_map<const Fragment*, std::vector<Shown>> shown;
  for (const PlanFamily& family : plan.families) {
    const FamilyPtr as = EscapeFamily(family.desc, escaping);
    for (const PlanPart& part : family.parts) shown[part.fragment].push_back({as, &part});
  }
  std::vector<SnapshotPtr> escaped;
  for (const SnapshotPtr& snapshot : snapshots) {
    auto copy = std::make_shared<Snapshot>(*snapshot);
    for (FragmentPtr& fragment : copy->fragments) {
      std::vector<Shown>& families = shown[fragment.get()];
      if (IsAsItWas(*fragment, families)) continue;
      fragment = FragmentEscaper(*fragment, escaping, &drops).Run(std::move(families));
    }
    escaped.push_back(std::move(copy));
  }
  return escaped;
}

}  // namespace

std::string EscapeMetricName(std::string_view name, Escaping escaping) {
  return IsLegacyMetricName(name) ? std::string(name) : Escape(name, escaping, /*colon=*/true);
}

std::string EscapeLabelName(std::string_view name, Escaping escaping) {
  return IsLegacyLabelName(name) ? std::string(name) : Escape(name, escaping, /*colon=*/false);
}

std::shared_ptr<const PagePlan> MakeEscapedPlan(std::span<const SnapshotPtr> snapshots,
                                                const PagePlan& plan, Escaping escaping,
                                                const PageLimits& limits) {
  Drops drops;
  const std::vector<SnapshotPtr> escaped = EscapeNames(snapshots, plan, escaping, drops);
  auto result = std::make_shared<PagePlan>(*MakePagePlan(escaped, limits));
  drops.Merge(*result->drops);
  result->drops = std::make_shared<const Drops>(std::move(drops));
  return result;
}

}  // namespace pillion
