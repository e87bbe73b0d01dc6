// Any bytes as a Status: of channel 3, of a refused upgrade, of a REST answer. The words are safe
// for a terminal.
#include <cstdlib>
#include <string>

#include "kube/client.hpp"
#include "kube/exec_status.hpp"
#include "targets.hpp"

namespace {

void check(const kpr::Error& error) {
  if (error.message.empty())
    std::abort();
  for (const unsigned char c : error.message)
    if (c < 0x20 || c == 0x7f)
      std::abort();
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto code = kpr::kube::exit_code_of_status(text);
  if (!code)
    check(code.error());
  else if (*code < 0)
    std::abort();
  for (const int status : {200, 401, 403, 404, 429, 500}) {
    check(kpr::kube::error_from_status(status, text, "GET /x"));
    check(kpr::kube::explain_refusal({status, {}, std::string(text)}).error);
  }
  return 0;
}
