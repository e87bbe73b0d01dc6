// The channels of exec in WebSocket messages: the first byte of each message is its channel, the
// rest is appended where it belongs as it comes.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "kube/exec.hpp"
#include "net/framing.hpp"

namespace kpr::kube {

class ExecChannels final : public net::Framing::Sink {
 public:
  static constexpr std::size_t max_status = 64u << 10;
  explicit ExecChannels(std::size_t limit) : limit_(limit) {}  // of stdout and stderr together

  bool on_data(bool starts, std::string_view bytes) override;  // false: a limit was passed
  bool on_message_end() override { return true; }

  ExecAnswer& answer() { return answer_; }               // stdout and stderr
  const std::string& status() const { return status_; }  // channel 3, empty when none came
  const std::optional<Error>& overflow() const { return overflow_; }

 private:
  std::size_t limit_;
  ExecAnswer answer_;
  std::string status_;
  unsigned char channel_ = 0;
  std::size_t noise_ = 0;  // messages, and bytes of channels that nobody asked for
  std::optional<Error> overflow_;
};

Error output_too_large(std::size_t limit);

}  // namespace kpr::kube
