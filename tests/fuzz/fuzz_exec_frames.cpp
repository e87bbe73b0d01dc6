// Any bytes from a server after the upgrade: the same channels however they are cut, within their
// limits, and no hang.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

#include "kube/exec_channels.hpp"
#include "kube/exec_status.hpp"
#include "net/framing.hpp"
#include "targets.hpp"

namespace {

constexpr std::size_t k_limit = 4096;
const std::string k_broken = "broken";

struct Pipe final : kpr::net::Framing::Io {
  std::string_view in;
  std::size_t at = 0, step = 1;
  long read(char* to, std::size_t n) override {
    if (at == in.size())
      return kpr::net::Framing::would_block;
    n = std::min({n, step, in.size() - at});
    std::memcpy(to, in.data() + at, n);
    at += n;
    return static_cast<long>(n);
  }
  long write(const char*, std::size_t n) override { return static_cast<long>(n); }
};

std::string read(std::string_view bytes, std::size_t step) {
  Pipe pipe;
  pipe.in = bytes;
  pipe.step = step;
  kpr::kube::ExecChannels channels(k_limit);
  kpr::net::Framing framing(pipe, channels, {.message = 8192, .idle_frames = 50});
  const auto pumped = framing.pump();
  const auto& answer = channels.answer();
  if (answer.out.size() + answer.err.size() > k_limit ||
      channels.status().size() > kpr::kube::ExecChannels::max_status)
    std::abort();
  if (pumped && !channels.overflow() && !framing.close_received() && pipe.at != bytes.size())
    std::abort();  // something was left unread
  if (!channels.status().empty())
    if (const auto code = kpr::kube::exit_code_of_status(channels.status()); code && (*code < 0))
      std::abort();
  if (channels.overflow() || !pumped)
    return k_broken;  // when a fault is seen depends on the cut: wslay may tell it before the frame
                      // is whole
  return "\n" + answer.out + "\n" + answer.err + "\n" + channels.status();
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = read(bytes, size + 1);
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}})
    if (const std::string cut = read(bytes, step);
        cut != whole && cut != k_broken && whole != k_broken)
      std::abort();
  return 0;
}
