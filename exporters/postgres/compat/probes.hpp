// What /probe answers in postgres_exporter's place: a [probes.NAME] for each auth module of the
// file of --config.file, and one for requests that name no module.
#pragma once

#include "common/compat/translation.hpp"

namespace pillion::postgres {

// Nothing without auth modules: then /probe stays off. Any target may be asked for, as with the
// peer, unless --probe.targets, which is ours, says which. Returns whether there are probes.
//
// Passwords are referred to as variables AUTH_MODULE_NAME_PASSWORD, which it defines.
bool AddProbes(const compat::Host& host, const compat::CommandLine& line,
               compat::Translation& translation);

}  // namespace pillion::postgres
