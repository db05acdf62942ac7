// PinnedBodies: the pages that are being written to readers, each counted once however many
// readers it has. Pure bookkeeping.
//
// A page that nobody asks for any more lives on in memory as long as one reader has not taken all
// of it. With a new page for each scrape, a few clients that read slowly would pin one page each.
// A page is old once a newer one of its kind was handed out: for the same path and query, in the
// same format and encoding. Beyond the bound the first reader of an old page goes. Pages that are
// not old are spared, up to kKindsFactor times the bound: there may be as many kinds as clients
// think of. Beyond that whoever began first goes, but for the page handed out last.
#pragma once

#include "exposition/body.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

namespace pillion {

class PinnedBodies {
 public:
  static constexpr size_t kKindsFactor = 4;

  explicit PinnedBodies(size_t bytes_max) : bytes_max_(bytes_max) {}

  // `reader` takes a page from now on; it must not be known yet, and not be 0. The caller holds
  // the page until Remove. `kind`: the path and query that it answers.
  void Add(uint64_t reader, const Body* body, std::string kind);
  // Nothing if it is not known.
  void Remove(uint64_t reader);

  size_t bytes() const { return bytes_; }
  // Who has to go now; 0: nobody. Ask again once it is removed.
  uint64_t Victim() const;

 private:
  struct Reader {
    uint64_t id;
    const Body* body;
    std::string kind;
    bool old = false;
  };

  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::list<Reader> readers_;  // in the order in which they began
  std::unordered_map<uint64_t, std::list<Reader>::iterator> places_;
  std::unordered_map<const Body*, size_t> counts_;  // readers of each
  const Body* newest_ = nullptr;                    // may be gone: only compared
};

}  // namespace pillion
