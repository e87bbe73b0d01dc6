// Any bytes as the answer to an upgrade: the same reading however they are cut, and bounded.
#include <cstdlib>
#include <string>

#include "net/answer_head.hpp"
#include "targets.hpp"

using kpr::net::AnswerReader;

namespace {

struct Reading {
  std::string text;  // all that was understood
  std::size_t used = 0;
};

Reading read(std::string_view bytes, std::size_t step) {
  Reading r;
  AnswerReader reader;
  std::string error;
  while (r.used < bytes.size() && !reader.done() && error.empty()) {
    const auto n = reader.feed(bytes.substr(r.used, step));
    if (!n)
      error = n.error().message;
    else
      r.used += *n;
  }
  if (error.empty() && r.used > bytes.size())
    std::abort();
  if (error.empty() && !reader.done())
    if (const auto end = reader.end(); !end)
      error = end.error().message;
  if (reader.body().size() > AnswerReader::max_body)
    std::abort();
  if (!error.empty())
    return {error, 0};
  r.text = std::to_string(reader.status()) + "\n";
  for (const auto& [name, value] : reader.headers())
    r.text += name + ":" + value + "\n";
  r.text += reader.body();
  (void)kpr::net::retry_after_seconds(reader.headers());
  return r;
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Reading whole = read(bytes, size + 1), cut = read(bytes, 1), sevens = read(bytes, 7);
  if (whole.text != cut.text || whole.used != cut.used || whole.text != sevens.text)
    std::abort();
  return 0;
}
