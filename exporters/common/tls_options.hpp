// The options tls_* that exporters share. Rows for an option table, and their reading.
#pragma once

#include "tls.hpp"

#include <pillion/options.hpp>
#include <pillion/tables.hpp>

#include <optional>

namespace pillion::tls {

inline constexpr Option kCaFileOption{
    .name = "tls_ca_file",
    .help = "Certificates (PEM) of the authorities to trust; without it those of the system."};
inline constexpr Option kCertFileOption{
    .name = "tls_cert_file", .help = "Certificate to show to the server, with its chain (PEM)."};
inline constexpr Option kKeyFileOption{.name = "tls_key_file",
                                       .help = "Its key (PEM), if it is not in the same file."};
inline constexpr Option kServerNameOption{
    .name = "tls_server_name",
    .help =
        "Name or IP address that the server's certificate must be made out to, and that the "
        "handshake asks for; without it the host that is connected to."};
inline constexpr Option kSkipVerifyOption{
    .name = "tls_skip_verify",
    .type = OptionType::kBool,
    .default_value = "false",
    .help = "Take any certificate: whoever answers gets the password. For trials only."};

// Nothing if TLS is not `wanted`. Throws OptionError for what doesn't fit together; `how` says how
// TLS is switched on, for who wrote one of the options without it.
std::optional<Config> ReadConfig(const Options& options, bool wanted, std::string_view how);

}  // namespace pillion::tls
