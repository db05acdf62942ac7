// Host names to numeric addresses, off the poll's thread and within its deadline.
#pragma once

#include <pillion/poll.hpp>
#include <pillion/result.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

// `wait_readable(fd)` waits for the descriptor with the caller's deadline and interruption; it
// returns false when the caller must give up. A look-up that is given up ends by itself later
// and frees what it holds. Numeric addresses come back at once. Threads: any.
Result<std::vector<std::string>> ResolveHost(std::string_view host,
                                             const std::function<bool(int fd)>& wait_readable);

}  // namespace pillion
