#include "net/loop.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace kpr::net {

Woken poll_once(const std::vector<Source*>& sources, std::optional<Source::TimePoint> until, Interrupt interrupt) {
  thread_local std::vector<pollfd> fds;
  thread_local std::vector<Source*> owners;
  fds.clear();
  owners.clear();
  if (interrupt.fd >= 0) {
    fds.push_back({interrupt.fd, POLLIN, 0});
    owners.push_back(nullptr);
  }
  std::optional<Source::TimePoint> wake = until;
  for (Source* s : sources) {
    if (s->done()) continue;
    s->want(fds);
    owners.resize(fds.size(), s);
    if (const auto d = s->deadline(); d && (!wake || *d < *wake)) wake = d;
  }
  int timeout = -1;
  if (wake) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*wake - std::chrono::steady_clock::now()).count();
    timeout = static_cast<int>(std::clamp<long long>(left, 0, 60'000));
  }
  const int ready = ::poll(fds.data(), fds.size(), timeout);
  const auto now = std::chrono::steady_clock::now();
  if (interrupt.fd >= 0 && fds.front().revents) return Woken::interrupt;
  if (ready > 0)
    for (std::size_t i = 0; i < fds.size(); ++i)
      if (owners[i] && fds[i].revents && !owners[i]->done()) owners[i]->on_fd(fds[i].fd, fds[i].revents, now);
  for (Source* s : sources)
    if (!s->done())
      if (const auto d = s->deadline(); d && *d <= now) s->on_time(now);
  return ready > 0 ? Woken::event : Woken::timeout;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65536);
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace kpr::net
