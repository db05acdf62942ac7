// Loading: what the parts of one LoadConfig share. Lives for that call. Threads: one.
#pragma once

#include "config/config.hpp"
#include "config/plugin_tables.hpp"
#include "config/value_reader.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {

struct Loading {
  Problems problems;
  ValueReader reader;
  const DescriptorLookup& lookup;
  const InstanceCheck& check;  // may be empty
  const std::vector<std::string>& known_types;
  Config config;
  uint32_t whole = 0;  // the source of what is wrong with no place in particular

  // Where each key stands that may be set once in all files together.
  std::map<std::string, Place, std::less<>> claims;
  std::vector<Place> instance_places;  // one for each of config.instances
  // Read once per type; the tables of a plugin don't change.
  std::map<std::string, Result<PluginTables>, std::less<>> tables;

  Loading(std::vector<std::string> sources, const Outside* outside,
          const DescriptorLookup& descriptor_lookup, const InstanceCheck& instance_check,
          const std::vector<std::string>& types)
      : problems(std::move(sources)),
        reader(&problems, outside),
        lookup(descriptor_lookup),
        check(instance_check),
        known_types(types) {}
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;

  void Add(InstanceConfig instance, const Place& place) {
    config.instances.push_back(std::move(instance));
    instance_places.push_back(place);
  }

  // False, with an error that names both places: the key is set already.
  bool Claim(std::string_view path, const Place& place) {
    const auto [at, added] = claims.emplace(path, place);
    if (!added) {
      problems.Error(place, path, "is set already at " + problems.Where(at->second));
    }
    return added;
  }
};

}  // namespace pillion
