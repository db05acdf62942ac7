#include "common/compat/tests/recording_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

extern "C" const pillion_compat* pillion_compat_entry_memcached_exporter();

namespace pillion::memcached {
namespace {

using compat::RecordingHost;
using Words = std::vector<std::string>;

const std::string kHttp =
    "[http]\nlisten = [\":9150\"]\nmetrics_path = \"/metrics\"\nadmin_listen = \"\"\n";
const std::string kInstance = "[exporters.memcached]\ntype = \"memcached\"\n";

std::string Translated(RecordingHost& host, const Words& words) {
  return host.Translate(*pillion_compat_entry_memcached_exporter(), words);
}
std::string Translated(const Words& words) {
  RecordingHost host;
  return Translated(host, words);
}

}  // namespace

TEST_CASE("without flags it reads and serves what the peer does") {
  CHECK(Translated({}) == kHttp + kInstance + "address = \"localhost:11211\"\n");
}

TEST_CASE("what the Helm chart of the peer sets is understood") {
  // charts/prometheus-memcached-exporter/templates/deployment.yaml
  CHECK(Translated({"--memcached.address=cache:11211", "--web.listen-address=0.0.0.0:9151",
                    "--web.telemetry-path=/m"}) ==
        "[http]\nlisten = [\"0.0.0.0:9151\"]\nmetrics_path = \"/m\"\nadmin_listen = \"\"\n" +
            kInstance + "address = \"cache:11211\"\n");
}

TEST_CASE("each flag of TLS and time has its option") {
  RecordingHost host;
  CHECK(Translated(
            host,
            {"--memcached.address=/run/m.sock", "--memcached.timeout=1500ms",
             "--memcached.tls.enable", "--memcached.tls.cert-file=/c", "--memcached.tls.key-file",
             "/k", "--memcached.tls.ca-file=/a", "--memcached.tls.server-name=cache",
             "--memcached.tls.insecure-skip-verify", "--log.level=debug", "--log.format=json"}) ==
        kHttp + "[log]\nlevel = \"debug\"\nformat = \"json\"\n" + kInstance +
            "address = \"/run/m.sock\"\ntls = true\ntls_cert_file = \"/c\"\n"
            "tls_key_file = \"/k\"\ntls_ca_file = \"/a\"\ntls_server_name = \"cache\"\n"
            "tls_skip_verify = true\ntimeout = \"1500ms\"\n");
  CHECK(host.notes.empty());
}

TEST_CASE("what has no effect is said") {
  for (const char* flag :
       {"--memcached.pid-file=/run/m.pid", "--memcached.tls.ca-file=/a", "--memcached.timeout=0s",
        "--web.scrape-path=/s", "--web.systemd-socket", "--memcached.address="}) {
    CAPTURE(flag);
    RecordingHost host;
    CHECK(Translated(host, {flag}).starts_with("[http]"));
    CHECK(host.outcome == PILLION_COMPAT_SERVE);
    CHECK(host.notes.size() == 1);
  }
  RecordingHost host;
  CHECK(Translated(host, {"--memcached.address="}).find("[exporters") == std::string::npos);
}

TEST_CASE("the page is protected by its web configuration and unknown flags are refused") {
  CHECK(Translated({"--web.config.file=/w"}).find("web_config = \"/w\"\n") != std::string::npos);
  CHECK(Translated({"--memcached.adress=x"}).find("--memcached.address") != std::string::npos);
}

}  // namespace pillion::memcached
