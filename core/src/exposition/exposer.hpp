// Exposer: from the snapshots of some instances to the bytes of a page.
//
// Merges the instances by family, chooses format and encoding, renders and compresses at most
// once for each set of fragments, format and encoding, and keeps a bounded number of bodies. A set
// with names that are not legacy ones is such a page for each escaping of names that is asked for.
//
// A page is superseded once a page with a newer fragment of one of its instances was asked for:
// it is forgotten as soon as no call works on it (its bodies live on with their readers). Beyond
// that the bodies that were not asked for longest go first.
//
// Threads: Expose may be called from any thread; concurrent calls for the same page wait for the
// one that renders it. It takes CPU in proportion to the page: call it where that hurts nobody.
//
// Errors: std::bad_alloc only, to the one call that ran out of memory. Calls that waited for it
// try for themselves.
#pragma once

#include "exposition/body.hpp"
#include "exposition/format.hpp"
#include "exposition/page_plan.hpp"
#include "model/fragment.hpp"
#include "model/fragment_builder.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

struct Exposition {
  BodyPtr body;
  std::string content_type;
  // What the merge had to leave out. `fresh` is true for the one call that found it, so that it is
  // counted once: it is then what was not counted yet.
  std::shared_ptr<const Drops> drops;
  bool fresh = false;
};

class Exposer {
 public:
  static constexpr size_t kBodiesMax = 8;  // kept bodies
  static constexpr size_t kBodyBytesMax =
      size_t{64} << 20;                    // of all kept bodies together, with pieces for the next
  static constexpr size_t kPagesMax = 16;  // kept plans; each holds its fragments

  explicit Exposer(OpenMetricsMode mode, PageLimits limits = {});
  ~Exposer();
  Exposer(const Exposer&) = delete;
  Exposer& operator=(const Exposer&) = delete;

  // `names` as in MakePagePlan.
  Exposition Expose(std::span<const SnapshotPtr> snapshots, std::string_view accept,
                    std::string_view accept_encoding, const std::vector<std::string>& names = {});

  struct Stats {
    size_t pages = 0, bodies = 0, body_bytes = 0;  // kept
    size_t waiting = 0;                            // calls that wait for what another one is at
  };
  Stats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pillion
