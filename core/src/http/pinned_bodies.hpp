// PinnedBodies: the pages that are being written to readers, each counted once however many
// readers it has. Pure bookkeeping.
//
// A page that nobody asks for any more lives on in memory as long as one reader has not taken all
// of it. With a new page for each scrape, a few clients that read slowly would pin one page each.
// Beyond a bound the reader that began first goes; those of the newest page are spared, so what
// is held is at most the bound or the newest page, whichever is larger.
#pragma once

#include "exposition/body.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

namespace pillion {

class PinnedBodies {
 public:
  explicit PinnedBodies(size_t bytes_max) : bytes_max_(bytes_max) {}

  // `reader` takes a page from now on; it must not be known yet, and not be 0. The caller holds
  // the page until Remove.
  void Add(uint64_t reader, const Body* body);
  // Nothing if it is not known.
  void Remove(uint64_t reader);

  size_t bytes() const { return bytes_; }
  // Who has to go now; 0: nobody. Ask again once it is removed.
  uint64_t Victim() const;

 private:
  struct Reader {
    uint64_t id;
    const Body* body;
  };

  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::list<Reader> readers_;  // in the order in which they began
  std::unordered_map<uint64_t, std::list<Reader>::iterator> places_;
  std::unordered_map<const Body*, size_t> counts_;  // readers of each
  const Body* newest_ = nullptr;                    // may be gone: only compared
};

}  // namespace pillion
