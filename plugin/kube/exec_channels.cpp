#include "kube/exec_channels.hpp"

namespace kpr::kube {

Error output_too_large(std::size_t limit) {
  return {.kind = ErrorKind::too_large,
          .message = "the output is larger than " + std::to_string(limit >> 20) + " MiB",
          .hint = {}};
}

constexpr std::size_t k_noise = 1u << 20;

bool ExecChannels::on_data(bool starts, std::string_view bytes) {
  if (bytes.empty())
    return true;
  if (starts) {
    channel_ = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    ++noise_;
  }
  std::string* to = channel_ == 1   ? &answer_.out
                    : channel_ == 2 ? &answer_.err
                    : channel_ == 3 ? &status_
                                    : nullptr;
  if (!to)
    noise_ += bytes.size();
  if (noise_ > limit_ + k_noise) {
    overflow_ = Error{.kind = ErrorKind::protocol,
                      .message = "the server sent too much that is no output",
                      .hint = {}};
    return false;
  }
  if (!to || bytes.empty())
    return true;
  if (channel_ == 3 ? status_.size() + bytes.size() > max_status
                    : answer_.out.size() + answer_.err.size() + bytes.size() > limit_) {
    overflow_ = output_too_large(limit_);
    if (channel_ == 3)
      overflow_->message = "the exec's status is larger than 64 KiB";
    return false;
  }
  to->append(bytes);
  return true;
}

}  // namespace kpr::kube
