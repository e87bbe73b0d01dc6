// Any bytes as the answer of a probe, its boundary known to the attacker: what is called whole has every frame, in order, with its end.
// The first byte says where stderr begins.
#include <cstdlib>
#include <string>

#include "evidence/probe.hpp"
#include "targets.hpp"
#include "util/gzip.hpp"

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = text.size() - text.size() * data[0] / 255;
  const std::string_view out = text.substr(0, cut), err = text.substr(cut);
  const kpr::evidence::Probe probe{"kprb", {"status-verbose", "version"}};
  const auto answer = kpr::evidence::decode_probe(probe, std::string(out), err, "pod {}");
  if (answer.outputs.size() != probe.commands.size() || answer.whole != answer.broken.empty()) std::abort();
  if (!answer.whole) {
    for (const auto& [name, piece] : answer.outputs)
      if (piece || piece.missing().reason != kpr::evidence::Reason::incomplete) std::abort();
    return 0;
  }
  const std::string plain = kpr::is_gzip(out) ? kpr::gunzip(out, kpr::evidence::probe_limit(probe)).value() : std::string(out);
  std::size_t at = 0;
  for (const char* mark : {"\nkprb B cilium", "\nkprb O status-verbose\n", "\nkprb X status-verbose ", "\nkprb O version\n", "\nkprb X version ", "\nkprb END\n"}) {
    at = plain.find(mark, at);
    if (at == std::string_view::npos) std::abort();
    ++at;
  }
  return 0;
}
