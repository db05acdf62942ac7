// Answer: one HTTP answer before it becomes bytes, and the bytes of its head. Pure.
#pragma once

#include "exposition/body.hpp"

#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pillion {

struct Answer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string text;            // the body, unless there is an exposition
  BodyPtr exposition;          // shared, never copied
  bool varies = false;         // its bytes depend on Accept and Accept-Encoding
  bool names_methods = false;  // says which methods there are (405)
  bool is_page = false;        // HTML: nothing from elsewhere may be loaded by it

  bool never_stored = false;   // shows a moment that no cache should keep
  bool asks_password = false;  // says how to log in (401)
  bool asks_patience = false;  // says when to come again (429, 503)
  // Of the operator: lines that go into the head, in place of those that it would have.
  std::shared_ptr<const std::string> headers;

  size_t body_bytes() const { return exposition ? exposition->size : text.size(); }
};

// What the head says about the connection afterwards.
enum class Persistence {
  kKeep,        // HTTP/1.1: nothing to say
  kKeepAndSay,  // HTTP/1.0 asked for it
  kClose,
};

// Status line and header fields, ending with the empty line. Content-Length is always that of the
// body, also where the body is not sent (HEAD).
std::string AnswerHead(const Answer& answer, Persistence persistence, std::time_t now);

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string HttpDate(std::time_t time);

// A short text for an error. A newline is added.
Answer TextAnswer(int status, std::string text);

}  // namespace pillion
