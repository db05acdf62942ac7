// Certificates of a test, made by the openssl command in a directory that goes with it.
//
// A machine without it: MissingOpenssl() says so, and the test passes as skipped.
#pragma once

#include <string>

namespace pillion::redis::testing {

bool MissingOpenssl();

class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  // Makes NAME.pem and NAME.key of an authority.
  void Authority(const std::string& name) const;
  // The same of a server or a client; `alternative` as in "IP:127.0.0.1,DNS:cache".
  void Issue(const std::string& name, const std::string& authority,
             const std::string& alternative) const;
  void Rename(const std::string& from, const std::string& to) const;
  void Write(const std::string& file, const std::string& text) const;
  std::string Path(const std::string& file) const { return directory_ + "/" + file; }

 private:
  void Run(const std::string& arguments) const;

  std::string directory_;
};

}  // namespace pillion::redis::testing
