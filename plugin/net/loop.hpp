// One poll() for any number of passive sources (WebSockets, pipes of children): no threads, no
// locks.
#pragma once
#include <chrono>
#include <optional>
#include <vector>

#include "os/socket.hpp"

namespace kpr::net {

// Something that waits for descriptors or for a moment. It never blocks and never calls back into
// the loop.
class Source {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  virtual ~Source() = default;
  virtual void want(std::vector<os::PollFd>& fds) const = 0;  // appends what it waits for
  virtual std::optional<TimePoint> deadline() const = 0;  // when on_time must be called, if ever
  virtual void on_fd(os::Socket fd, short revents, TimePoint now) = 0;
  virtual void on_time(TimePoint now) = 0;  // its deadline has passed
  virtual bool done() const = 0;
};

enum class Woken { event, timeout, interrupt };

// Waits once for any of the sources, at most until `until`, and tells those that have something to
// do.
Woken poll_once(const std::vector<Source*>& sources,
                std::optional<Source::TimePoint> until,
                os::Interrupt interrupt);

}  // namespace kpr::net
