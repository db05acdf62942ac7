// Whether the pages that we serve are valid: `pillion lint` on each, in debug builds.
//
// Threads: one at a time; takes CPU in proportion to the page.
#pragma once

#include "exposition/body.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace pillion {

// What is wrong with the body, as "LINE: RULE: MESSAGE" for the first error; empty: nothing.
std::string WhatIsInvalid(const Body& body);

class PageCheck {
 public:
  static constexpr size_t kRemembered = 16;               // bodies that were looked at
  static constexpr size_t kLargeBytes = size_t{4} << 20;  // of larger bodies only
  static constexpr size_t kLargeEvery = 8;                // each so many-th is looked at

  // Logs an error "invalid exposition" if there is one. A body is looked at once.
  void Check(const BodyPtr& body);

 private:
  std::vector<std::weak_ptr<const Body>> seen_;
  size_t next_ = 0;
  size_t large_ = 0;
};

}  // namespace pillion
