#include "net/loop.hpp"

#include <algorithm>

namespace kpr::net {

Woken poll_once(const std::vector<Source*>& sources,
                std::optional<Source::TimePoint> until,
                os::Interrupt interrupt) {
  thread_local std::vector<os::PollFd> fds;
  thread_local std::vector<Source*> owners;
  const bool interruptible = interrupt.fd != os::k_no_socket;
  fds.clear();
  owners.clear();
  if (interruptible) {
    fds.push_back({interrupt.fd, POLLIN, 0});
    owners.push_back(nullptr);
  }
  std::optional<Source::TimePoint> wake = until;
  for (Source* s : sources) {
    if (s->done())
      continue;
    s->want(fds);
    owners.resize(fds.size(), s);
    if (const auto d = s->deadline(); d && (!wake || *d < *wake))
      wake = d;
  }
  int timeout = -1;
  if (wake) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*wake - std::chrono::steady_clock::now())
            .count();
    timeout = static_cast<int>(std::clamp<long long>(left, 0, 60'000));
  }
  const int ready = os::poll(fds.data(), fds.size(), timeout);
  const auto now = std::chrono::steady_clock::now();
  if (interruptible && fds.front().revents)
    return Woken::interrupt;
  if (ready > 0)
    for (std::size_t i = 0; i < fds.size(); ++i)
      if (owners[i] && fds[i].revents && !owners[i]->done())
        owners[i]->on_fd(fds[i].fd, fds[i].revents, now);
  for (Source* s : sources)
    if (!s->done())
      if (const auto d = s->deadline(); d && *d <= now)
        s->on_time(now);
  return ready > 0 ? Woken::event : Woken::timeout;
}

}  // namespace kpr::net
