#include "kube/credentials.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

#include "kube/small_file.hpp"
#include "util/encoding.hpp"
#include "util/strings.hpp"

namespace kpr::kube {

Credentials::Credentials(ClientConfig config,
                         bool stdin_is_terminal,
                         os::Interrupt interrupt,
                         Logger log)
    : config_(std::move(config)),
      stdin_is_terminal_(stdin_is_terminal),
      interrupt_(interrupt),
      log_(std::move(log)) {}

Result<Credentials::ClientCertificate>
Credentials::ensure(std::chrono::steady_clock::time_point deadline) {
  const std::lock_guard lock(mutex_);
  if (!loaded_) {
    token_ = config_.token;
    auto& [cert, key] = certificate_;
    cert = config_.client_cert_data;
    key = config_.client_key_data;
    if (cert.empty() && !config_.client_cert_file.empty()) {
      KPR_TRY_ASSIGN(cert, read_file(config_.client_cert_file));
    }
    if (key.empty() && !config_.client_key_file.empty()) {
      KPR_TRY_ASSIGN(key, read_file(config_.client_key_file));
    }
    loaded_ = true;
  }
  const auto now = std::chrono::steady_clock::now();
  if (!config_.token_file.empty() && config_.token.empty() &&
      (token_.empty() || now - file_read_ >= std::chrono::minutes(1))) {
    auto text = read_file(config_.token_file, 1 << 20);
    if (text)
      token_ = std::string(trim(*text));
    else if (token_.empty())
      return text.error();  // an older token is better than none
    file_read_ = now;
  }
  if (config_.exec &&
      (!plugin_ran_ || (expires_ && std::chrono::system_clock::now() >= *expires_))) {
    log_(4, "running the credential plugin " + escape_terminal(config_.exec->command));
    auto answer = run_credential_plugin(config_, stdin_is_terminal_, deadline, interrupt_);
    if (!answer)
      return answer.error();
    plugin_ran_ = true;
    token_ = std::move(answer->token);
    certificate_ = {std::move(answer->client_cert), std::move(answer->client_key)};
    expires_ = answer->expires;
    ++generation_;
  }
  return certificate_;
}

unsigned Credentials::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

bool Credentials::renew(unsigned seen) {
  const std::lock_guard lock(mutex_);
  if (seen != generation_)
    return true;  // renewed by another request's 401 in the meantime
  if (config_.exec) {
    if (loaded_ && !plugin_ran_)
      return true;  // another request's 401 asked for the same run, which is still to come
    if (refreshed_)
      return false;  // once is enough: the server does not want this user
    refreshed_ = true;
    plugin_ran_ = false;
    return true;
  }
  if (!config_.token_file.empty() && config_.token.empty()) {
    const auto text = read_file(config_.token_file, 1 << 20);
    if (text && trim(*text) != token_) {
      token_ = std::string(trim(*text));
      ++generation_;
      return true;
    }
  }
  return false;
}

void Credentials::explain(Error& error) const {
  const std::lock_guard lock(mutex_);
  const std::string& shown = certificate_.cert;
  if (error.kind != ErrorKind::auth || shown.empty())
    return;
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(
      BIO_new_mem_buf(shown.data(), static_cast<int>(shown.size())), &BIO_free);
  const std::unique_ptr<X509, void (*)(X509*)> cert(
      bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free);
  std::tm t{};
  if (cert && X509_cmp_current_time(X509_get0_notAfter(cert.get())) < 0 &&
      ASN1_TIME_to_tm(X509_get0_notAfter(cert.get()), &t) == 1) {
    const std::chrono::year_month_day day(std::chrono::year(t.tm_year + 1900),
                                          std::chrono::month(static_cast<unsigned>(t.tm_mon + 1)),
                                          std::chrono::day(static_cast<unsigned>(t.tm_mday)));
    error.hint = "the client certificate of the kubeconfig expired at " +
                 format_rfc3339(std::chrono::sys_days(day) + std::chrono::hours(t.tm_hour) +
                                std::chrono::minutes(t.tm_min) + std::chrono::seconds(t.tm_sec));
  }
  ERR_clear_error();
}

net::Headers Credentials::headers() const {
  const std::lock_guard lock(mutex_);
  net::Headers h;
  if (!token_.empty())
    h.emplace_back("Authorization", "Bearer " + token_);
  else if (!config_.username.empty())
    h.emplace_back("Authorization",
                   "Basic " + base64_encode(config_.username + ":" + config_.password));
  const auto& i = config_.impersonate;
  if (!i.user.empty())
    h.emplace_back("Impersonate-User", i.user);
  if (!i.uid.empty())
    h.emplace_back("Impersonate-Uid", i.uid);
  for (const auto& g : i.groups)
    h.emplace_back("Impersonate-Group", g);
  for (const auto& [key, value] : i.extra)
    h.emplace_back("Impersonate-Extra-" + url_encode(key), value);
  return h;
}

}  // namespace kpr::kube
