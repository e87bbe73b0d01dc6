#include "kube/exec_sessions.hpp"

#include <algorithm>

#include "kube/exec_channels.hpp"
#include "kube/exec_status.hpp"
#include "kube/object_name.hpp"
#include "util/encoding.hpp"
#include "util/strings.hpp"

namespace kpr::kube {
namespace {

using TimePoint = net::Source::TimePoint;

class WebSocketExec final : public ExecSession, public net::Framing::Sink {
 public:
  explicit WebSocketExec(std::size_t limit) : channels_(limit) {}
  std::unique_ptr<net::WebSocket> socket;

  net::Source& source() override { return *socket; }

  bool on_data(bool starts, std::string_view bytes) override {
    if (channels_.on_data(starts, bytes))
      return true;
    socket->finish();
    return false;
  }
  bool on_message_end() override { return true; }

  Attempt take() override {
    Attempt a;
    if (channels_.overflow()) {
      a.error = *channels_.overflow();
    } else if (const auto* response = socket->refused()) {
      Refusal r = explain_refusal(*response);
      a.unauthorized = response->status == 401;
      a.transient = r.transient;
      a.busy = r.busy;
      a.blocked = r.blocked;
      a.error = std::move(r.error);
    } else if (!channels_.status().empty() && (socket->close_received() || !socket->error() ||
                                               socket->error()->kind == ErrorKind::network)) {
      auto code = exit_code_of_status(channels_.status());
      if (code) {
        a.answer = std::move(channels_.answer());
        a.answer.exit_code = *code;
      } else {
        a.transient = transient(500, code.error().message);
        a.error = code.error();
      }
    } else if (socket->error()) {
      a.error = *socket->error();
      a.transient = a.error->kind == ErrorKind::network;
      if (a.error->kind == ErrorKind::tls && !socket->opened())
        a.transient = a.error->message.find("handshake failed") != std::string::npos;
    } else {
      a.error = Error{.kind = ErrorKind::network,
                      .message = "the exec was closed without a status (WebSocket code " +
                                 std::to_string(socket->close_code()) + ")",
                      .hint = {}};
      a.transient = true;
    }
    return a;
  }

 private:
  ExecChannels channels_;
};

class KubectlExec final : public ExecSession, public net::Source {
 public:
  KubectlExec(os::Child child, std::size_t limit, TimePoint deadline)
      : child_(child),
        limit_(limit),
        deadline_(deadline) {}
  ~KubectlExec() override { os::end(child_); }
  net::Source& source() override { return *this; }

  void want(std::vector<os::PollFd>& fds) const override {
    for (const os::Socket fd : {child_.out, child_.err})
      if (fd != os::k_no_socket)
        fds.push_back({fd, POLLIN, 0});
  }
  // Its end is looked for: it may close its pipes and go on, and what it started may keep them.
  std::optional<TimePoint> deadline() const override { return std::min(deadline_, next_look_); }
  void on_fd(os::Socket fd, short, TimePoint) override {
    std::string& to = fd == child_.out ? answer_.out : answer_.err;
    char buffer[16 << 10];
    for (;;) {
      const long n = os::read(fd, buffer, sizeof buffer);
      if (n == os::k_nothing_yet)
        return;
      if (n <= 0) {
        os::close(fd == child_.out ? child_.out : child_.err);
        next_look_ = {};
        return;
      }
      to.append(buffer, static_cast<std::size_t>(n));
      if (answer_.out.size() + answer_.err.size() > limit_) {
        error_ = output_too_large(limit_);
        done_ = true;
        return;
      }
    }
  }
  void on_time(TimePoint now) override {
    if (now >= deadline_) {
      error_ = Error{
          .kind = ErrorKind::timeout, .message = "timed out: kubectl exec did not end", .hint = {}};
      done_ = true;
      return;
    }
    next_look_ = now + std::chrono::milliseconds(50);
    if (const std::optional<int> code = os::ended(child_)) {
      answer_.exit_code = *code;
      for (const os::Socket fd : {child_.out, child_.err})
        if (fd != os::k_no_socket)
          on_fd(fd, POLLIN, now);  // what it said last
      done_ = true;
    }
  }
  bool done() const override { return done_; }

  Attempt take() override {
    Attempt a;
    if (error_) {
      a.error = error_;
      return a;
    }
    // kubectl's own words follow the command's stderr.
    const std::string marker =
        "command terminated with exit code " + std::to_string(answer_.exit_code);
    std::string_view err = trim(answer_.err);
    if (answer_.exit_code != 0 && err.ends_with(marker)) {
      err.remove_suffix(marker.size());
      answer_.err = std::string(err);
    } else if (answer_.exit_code != 0) {
      const auto line =
          err.rfind('\n') == std::string_view::npos ? err : err.substr(err.rfind('\n') + 1);
      a.error = Error{.kind = ErrorKind::network,
                      .message = "kubectl exec: " + escape_terminal(line.substr(0, 500)),
                      .hint = {}};
      a.transient = transient(500, line);
      return a;
    }
    a.answer = std::move(answer_);
    return a;
  }

 private:
  os::Child child_;
  std::size_t limit_;
  TimePoint deadline_, next_look_{};
  ExecAnswer answer_;
  std::optional<Error> error_;
  bool done_ = false;
};

}  // namespace

// What the API server lets a pod, a namespace or a container be called. A server that lies could
// give kubectl a flag for a name.
Result<void> check_names(const ExecRequest& request) {
  for (const auto& [what, name] :
       {std::pair<std::string_view, const std::string&>{"namespace", request.ns},
        {"pod", request.pod},
        {"container", request.container}})
    if (!is_object_name(name))
      return Error{.kind = ErrorKind::protocol,
                   .message = "the server named a " + std::string(what) + " \"" +
                              escape_terminal(name.substr(0, 80)) + "\", which none can be called",
                   .hint = {}};
  return {};
}

std::string exec_target(const ExecRequest& request) {
  std::string t = "/api/v1/namespaces/" + url_encode(request.ns) + "/pods/" +
                  url_encode(request.pod) + "/exec?";
  for (const auto& a : request.argv)
    t += "command=" + url_encode(a) + "&";
  return t + "container=" + url_encode(request.container) + "&stderr=true&stdout=true";
}

Result<std::unique_ptr<ExecSession>>
start_websocket(Client::Impl& client, const ExecRequest& request, TimePoint deadline) {
  KPR_TRY(check_names(request));
  KPR_TRY(client.prepare());
  auto session = std::make_unique<WebSocketExec>(request.max_output);
  session->generation = client.login->generation();
  net::WebSocketRequest ws;
  ws.target = exec_target(request);
  ws.headers = client.login->headers();
  ws.protocols = {"v5.channel.k8s.io", "v4.channel.k8s.io"};
  ws.deadline = deadline;
  KPR_TRY_ASSIGN(session->socket,
                 net::WebSocket::start(client.connection, client.share, std::move(ws), *session));
  return std::unique_ptr<ExecSession>(std::move(session));
}

Result<std::unique_ptr<ExecSession>> start_kubectl(Client::Impl& client,
                                                   const ExecOptions& options,
                                                   const ExecRequest& request,
                                                   TimePoint deadline) {
  KPR_TRY(check_names(request));
  const std::string path = os::find_program(options.kubectl, client.config.environment);
  if (path.empty())
    return Error{.kind = ErrorKind::config,
                 .message = "kubectl was not found in PATH, so it cannot be used for exec",
                 .hint = {}};
  std::vector<std::string> argv{"kubectl"};
  argv.insert(argv.end(), options.kubectl_flags.begin(), options.kubectl_flags.end());
  for (const std::string& a : {std::string("exec"),
                               "--namespace=" + request.ns,
                               request.pod,
                               "--container=" + request.container,
                               std::string("--")})
    argv.push_back(a);
  argv.insert(argv.end(), request.argv.begin(), request.argv.end());
  KPR_TRY_ASSIGN(
      const os::Child child,
      os::spawn(
          path, argv, client.config.environment, {.inherit_stdin = false, .capture_stderr = true}));
  return std::unique_ptr<ExecSession>(
      std::make_unique<KubectlExec>(child, request.max_output, deadline));
}

}  // namespace kpr::kube
