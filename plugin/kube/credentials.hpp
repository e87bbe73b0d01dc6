// Who we are towards the API server: the Authorization and Impersonate headers, the client
// certificate; renewed when they expire.
#pragma once
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "kube/config.hpp"
#include "net/answer_head.hpp"
#include "os/socket.hpp"
#include "util/log.hpp"
#include "util/time.hpp"

namespace kpr::kube {

// What an exec credential plugin gave.
struct PluginAnswer {
  std::string token, client_cert, client_key;
  std::optional<Time> expires;
};

// Runs the plugin once. `interactive_stdin`: stdin is a terminal that it may use.
Result<PluginAnswer> run_credential_plugin(const ClientConfig& config,
                                           bool interactive_stdin,
                                           std::chrono::steady_clock::time_point deadline,
                                           os::Interrupt interrupt);
// The ExecCredential on its stdout.
Result<PluginAnswer> parse_exec_credential(std::string_view text, const std::string& api_version);

// One login of all clients of a run, from whichever thread: who comes while the plugin runs waits
// for its answer.
class Credentials {
 public:
  Credentials(ClientConfig config, bool stdin_is_terminal, os::Interrupt interrupt, Logger log);

  struct ClientCertificate {
    std::string cert, key;  // PEM; empty without one
    bool operator==(const ClientCertificate&) const = default;
  };
  // Makes sure that there is something to show: runs the plugin when there is no answer yet or it
  // has expired, reads the token file when a minute has passed. Connections that show another
  // client certificate than this must be made anew.
  Result<ClientCertificate> ensure(std::chrono::steady_clock::time_point deadline);
  // After a 401: true when it is worth another try, because something could be renewed. `seen` is
  // generation() of the refused request: a thousand refused requests renew once.
  bool renew(unsigned seen);
  unsigned generation() const;

  net::Headers headers() const;
  // A 401 tells no reason: this one can be seen from here. Leaves other errors, and certificates
  // that are still good, alone.
  void explain(Error& error) const;

 private:
  const ClientConfig config_;
  bool stdin_is_terminal_;
  os::Interrupt interrupt_;
  Logger log_;
  mutable std::mutex mutex_;  // of all that follows
  std::string token_;
  ClientCertificate certificate_;
  bool loaded_ = false, plugin_ran_ = false, refreshed_ = false;
  unsigned generation_ = 0;
  std::optional<Time> expires_;
  std::chrono::steady_clock::time_point file_read_{};
};

}  // namespace kpr::kube
