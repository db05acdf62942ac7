#include "certificates.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace pillion::redis::testing {
namespace {

constexpr const char* kProgram = "/usr/bin/openssl";
constexpr const char* kNewKey = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

}  // namespace

bool MissingOpenssl() {
  if (::access(kProgram, X_OK) == 0) return false;
  std::cout << "SKIPPED: apt:openssl is not installed\n" << std::flush;
  return true;
}

Certificates::Certificates() {
  char name[] = "/tmp/pillion-certificates-XXXXXX";
  if (::mkdtemp(name) == nullptr) throw std::runtime_error("no directory in /tmp");
  directory_ = name;
}

Certificates::~Certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Certificates::Run(const std::string& arguments) const {
  const std::string command =
      "cd " + directory_ + " && " + kProgram + " " + arguments + " >log 2>&1 </dev/null";
  // NOLINTNEXTLINE(bugprone-command-processor): a test's own words
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

void Certificates::Authority(const std::string& name) const {
  Run(std::string("req -x509 -days 2") + kNewKey + " -subj /CN=" + name + " -keyout " + name +
      ".key -out " + name + ".pem");
}

void Certificates::Issue(const std::string& name, const std::string& authority,
                         const std::string& alternative) const {
  Run(std::string("req") + kNewKey + " -subj /CN=" + name + " -keyout " + name + ".key -out " +
      name + ".csr");
  Write(name + ".ext", "subjectAltName=" + alternative + "\n");
  Run("x509 -req -days 2 -CAcreateserial -in " + name + ".csr -CA " + authority + ".pem -CAkey " +
      authority + ".key -extfile " + name + ".ext -out " + name + ".pem");
}

void Certificates::Rename(const std::string& from, const std::string& to) const {
  std::filesystem::rename(Path(from), Path(to));
}

void Certificates::Write(const std::string& file, const std::string& text) const {
  std::ofstream(Path(file)) << text;
}

}  // namespace pillion::redis::testing
