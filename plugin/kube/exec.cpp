#include "kube/exec.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "kube/exec_sessions.hpp"
#include "util/strings.hpp"

namespace kpr::kube {

using SteadyClock = std::chrono::steady_clock;

struct ExecPool::Impl {
  Client::Impl& client;
  ExecOptions options;
  struct Job {
    ExecRequest request;
    Done done;
    int attempt = 0;
    bool renewed = false;
    SteadyClock::time_point not_before{};
    std::optional<SteadyClock::time_point> deadline;
  };
  std::vector<Job> jobs;
  std::deque<std::size_t> waiting;
  std::vector<std::unique_ptr<ExecSession>> running;
  std::vector<std::string> notes;
  ExecProgress progress;
  unsigned limit;
  unsigned since_change = 0;
  bool use_kubectl = false;
  SteadyClock::time_point paused_until{}, last_halved{};

  Impl(Client& c, ExecOptions o)
      : client(c.impl()),
        options(std::move(o)),
        limit(std::clamp(options.max_concurrency, 1u, 512u)) {
    use_kubectl = options.via == ExecVia::kubectl;
  }

  void note(std::string text) {
    if (std::find(notes.begin(), notes.end(), text) == notes.end())
      notes.push_back(std::move(text));
  }

  void finish(std::size_t index, Result<ExecAnswer> result) {
    ++progress.done;
    if (!result)
      ++progress.failed;
    Done done = std::exchange(jobs[index].done, nullptr);
    jobs[index].request = {};
    done(std::move(result));  // may submit: `jobs` can move
  }

  // Running execs that count: those that yielded do not, up to an eighth of the answers so far. A
  // child is a whole process and never yields.
  std::size_t places_taken(SteadyClock::time_point now) const {
    if (use_kubectl)
      return running.size();
    const auto late = std::count_if(running.begin(), running.end(), [&](const auto& s) {
      return now - s->started >= options.yields_after;
    });
    const std::size_t most =
        std::min<std::size_t>((progress.done - progress.failed) / 8, 512 - limit);
    return running.size() - std::min(static_cast<std::size_t>(late), most);
  }

  // Halves once for a burst of refusals, not once for each.
  void push_back(int retry_after, SteadyClock::time_point now) {
    if (now - last_halved >= std::chrono::milliseconds(500)) {
      limit = std::max(1u, limit / 2);
      last_halved = now;
      since_change = 0;
      note("the API server pushed back: fewer agents were asked at a time");
    }
    if (retry_after > 0)
      paused_until = std::max(paused_until, now + std::chrono::seconds(std::min(retry_after, 30)));
  }

  void retry_or_fail(std::size_t index, Attempt&& a, SteadyClock::time_point now) {
    client.login->explain(*a.error);
    Job& job = jobs[index];
    if (a.busy)
      push_back(a.error->retry_after_seconds, now);
    const bool more = a.transient && job.attempt + 1 < options.tries;
    if (more) {
      const auto at =
          now + client.back_off(options.retry_base, job.attempt, a.error->retry_after_seconds);
      if (at < *job.deadline) {
        ++job.attempt;
        job.not_before = at;
        client.options.log(4,
                           "exec in " + job.request.pod + " is tried again: " + a.error->message);
        waiting.push_back(index);
        return;
      }
    }
    finish(index, *std::move(a.error));
  }

  void start(std::size_t index, SteadyClock::time_point now) {
    Job& job = jobs[index];
    if (!job.deadline) {
      job.deadline = job.request.deadline.value_or(
          now + std::chrono::duration_cast<SteadyClock::duration>(options.node_timeout));
      job.deadline = std::min(*job.deadline, client.run_deadline());
    }
    auto session = use_kubectl ? start_kubectl(client, options, job.request, *job.deadline)
                               : start_websocket(client, job.request, *job.deadline);
    if (!session) {
      finish(index, session.error());
      return;
    }
    (*session)->job = index;
    (*session)->started = now;
    running.push_back(*std::move(session));
  }

  void harvest(std::unique_ptr<ExecSession> session, SteadyClock::time_point now) {
    const std::size_t index = session->job;
    Attempt a = session->take();
    const unsigned generation = session->generation;
    session.reset();
    Job& job = jobs[index];
    if (!a.error) {
      a.answer.deadline = *job.deadline;
      if (limit < options.max_concurrency && ++since_change >= limit)
        ++limit, since_change = 0;
      return finish(index, std::move(a.answer));
    }
    if (a.unauthorized && !job.renewed && client.login->renew(generation)) {
      job.renewed = true;
      waiting.push_back(index);
      return;
    }
    if (a.blocked && options.via == ExecVia::automatic && !use_kubectl) {
      if (!os::find_program(options.kubectl, client.config.environment).empty()) {
        use_kubectl = true;
        note("WebSocket exec was refused on the way to the API server: kubectl exec is used "
             "instead (slower); --exec-via=kubectl asks for that at once");
      }
    }
    if (a.blocked && use_kubectl && options.via == ExecVia::automatic) {
      waiting.push_back(index);
      return;
    }
    retry_or_fail(index, std::move(a), now);
  }

  void give_up(const Error& error) {
    running.clear();
    waiting.clear();
    for (std::size_t i = 0; i < jobs.size(); ++i)
      if (jobs[i].done)
        finish(i, error);
  }
};

ExecPool::ExecPool(Client& client, ExecOptions options)
    : impl_(std::make_unique<Impl>(client, std::move(options))) {}
ExecPool::~ExecPool() = default;
const std::vector<std::string>& ExecPool::notes() const {
  return impl_->notes;
}
void ExecPool::cancel_waiting(const Error& error) {
  const auto waiting = std::exchange(impl_->waiting, {});
  for (const std::size_t index : waiting)
    if (impl_->jobs[index].done)
      impl_->finish(index, error);
}
unsigned ExecPool::concurrency() const {
  return impl_->limit;
}

void ExecPool::submit(ExecRequest request, Done done) {
  impl_->jobs.push_back(
      {.request = std::move(request), .done = std::move(done), .deadline = std::nullopt});
  impl_->waiting.push_back(impl_->jobs.size() - 1);
  ++impl_->progress.total;
}

void ExecPool::run(const std::function<void(const ExecProgress&)>& progress) {
  Impl& s = *impl_;
  const os::Interrupt interrupt = s.client.options.interrupt;
  std::vector<net::Source*> sources;
  SteadyClock::time_point told{};
  while (!s.waiting.empty() || !s.running.empty()) {
    auto now = SteadyClock::now();
    if (interrupt.raised())
      return s.give_up({.kind = ErrorKind::cancelled, .message = "interrupted", .hint = {}});
    if (now >= s.client.run_deadline())
      return s.give_up({.kind = ErrorKind::timeout,
                        .message = "timed out: the whole run took too long",
                        .hint = {}});
    std::optional<SteadyClock::time_point> wake = s.client.options.deadline;
    const auto sooner = [&wake](SteadyClock::time_point t) {
      if (!wake || t < *wake)
        wake = t;
    };
    std::size_t places = s.limit - std::min<std::size_t>(s.limit, s.places_taken(now));
    for (std::size_t tries = s.waiting.size(); tries > 0 && places > 0 && !s.waiting.empty();
         --tries) {
      if (now < s.paused_until) {
        sooner(s.paused_until);
        break;
      }
      const std::size_t index = s.waiting.front();
      s.waiting.pop_front();
      if (s.jobs[index].not_before > now) {
        sooner(s.jobs[index].not_before);
        s.waiting.push_back(index);
        continue;
      }
      s.start(index, now);
      --places;
    }
    sources.clear();
    std::size_t slow = 0;
    for (const auto& session : s.running) {
      sources.push_back(&session->source());
      if (now - session->started >= s.options.slow_after)
        ++slow;
    }
    s.progress.running = s.running.size();
    s.progress.slow = slow;
    if (progress && now - told >= std::chrono::milliseconds(100)) {
      progress(s.progress);
      told = now;
    }
    if (s.waiting.empty() && s.running.empty())
      break;
    const bool finished = std::any_of(sources.begin(), sources.end(), [](const net::Source* p) {
      return p->done();
    });
    if (!finished) {
      sooner(now + std::chrono::seconds(1));
      if (net::poll_once(sources, wake, interrupt) == net::Woken::interrupt)
        continue;
    }
    now = SteadyClock::now();
    for (std::size_t i = 0; i < s.running.size();) {
      if (!s.running[i]->source().done()) {
        ++i;
        continue;
      }
      auto session = std::move(s.running[i]);
      s.running[i] = std::move(s.running.back());
      s.running.pop_back();
      s.harvest(std::move(session), now);
    }
  }
  s.progress.running = s.progress.slow = 0;
  if (progress)
    progress(s.progress);
}

}  // namespace kpr::kube
