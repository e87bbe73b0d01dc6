#include "net/easy.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <csignal>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "os/certificates.hpp"
#include "os/socket.hpp"

namespace kpr::net {
namespace {

void global_init() {
  static std::once_flag once;
  std::call_once(once, [] {
    curl_global_init(CURL_GLOBAL_DEFAULT);
#ifdef SIGPIPE
    std::signal(SIGPIPE, SIG_IGN);
#endif
  });
}

// A store made once: libcurl would parse the authorities again for each of a thousand connections.
X509_STORE* make_store(const Connection& c) {
  X509_STORE* store = X509_STORE_new();
  if (!store)
    return nullptr;
  const std::string pem =
      c.ca_pem.empty() && c.ca_file.empty() ? os::root_certificates() : c.ca_pem;
  BIO* bio = pem.empty() ? BIO_new_file(c.ca_file.c_str(), "r")
                         : BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  int count = 0;
  if (bio) {
    while (X509* cert = PEM_read_bio_X509_AUX(bio, nullptr, nullptr, nullptr)) {
      count += X509_STORE_add_cert(store, cert);
      X509_free(cert);
    }
    BIO_free(bio);
  }
  ERR_clear_error();
  // A kubeconfig may pin an intermediate certificate; Go accepts that.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  if (count == 0) {
    X509_STORE_free(store);
    return nullptr;
  }
  return store;
}

CURLcode use_store(CURL*, void* ssl_ctx, void* store) {
  SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(ssl_ctx), static_cast<X509_STORE*>(store));
  return CURLE_OK;
}

curl_blob blob_of(const std::string& text) {
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
}

long milliseconds(std::chrono::nanoseconds d) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(d).count());
}

}  // namespace

Share::Impl::~Impl() {
  if (handle)
    curl_share_cleanup(handle);
  for (auto& [key, store] : stores)
    X509_STORE_free(static_cast<X509_STORE*>(store));
}

Share::Share() : impl_(std::make_unique<Impl>()) {
  global_init();
  impl_->handle = curl_share_init();
  curl_share_setopt(impl_->handle, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_share_setopt(impl_->handle, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
}
Share::~Share() = default;

Result<void>
configure(CURL* easy, const Connection& c, Share& share, std::string_view target, Pinned& pinned) {
  const bool tls = c.server.scheme == "https";
  pinned.url = c.server.origin() + c.server.path + std::string(target);
  if (tls && !c.tls_server_name.empty() && c.tls_server_name != c.server.host) {
    // The name for SNI and verification stands in the URL, the true address in CONNECT_TO; the Host
    // header stays the server's own.
    const std::string port = std::to_string(c.server.port);
    const std::string host =
        c.server.host.find(':') == std::string::npos ? c.server.host : "[" + c.server.host + "]";
    pinned.url = "https://" + c.tls_server_name + ":" + port + c.server.path + std::string(target);
    pinned.connect_to.reset(curl_slist_append(
        nullptr, (c.tls_server_name + ":" + port + ":" + host + ":" + port).c_str()));
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, pinned.connect_to.get());
  }
  curl_easy_setopt(easy, CURLOPT_URL, pinned.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // not until a name server answers, too
#endif
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(c.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, c.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_SHARE, share.impl().handle);
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 300L);
  curl_easy_setopt(
      easy, CURLOPT_PROXY, c.proxy.c_str());  // "" also keeps libcurl from reading the environment
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  if (!c.proxy.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, tls ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (!c.ca_file.empty())
      curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, c.ca_file.c_str());
    else
      curl_easy_setopt(easy, CURLOPT_PROXY_SSL_OPTIONS, static_cast<long>(CURLSSLOPT_NATIVE_CA));
  }
  if (!tls)
    return {};
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  if (c.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  } else {
    const std::string& key = c.ca_pem.empty() ? c.ca_file : c.ca_pem;
    auto& store = share.impl().stores[key];
    if (!store)
      store = make_store(c);
    if (!store) {
      if (!c.ca_pem.empty())
        return Error{.kind = ErrorKind::config,
                     .message =
                         "unable to load root certificates: unable to parse bytes as PEM block",
                     .hint = {}};
      return Error{.kind = ErrorKind::config,
                   .message = "no certificate authorities found on this machine",
                   .hint = "install ca-certificates, or name a bundle in $SSL_CERT_FILE or with "
                           "--certificate-authority"};
    }
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_store);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, store);
  }
  if (!c.client_cert_pem.empty()) {
    curl_blob cert = blob_of(c.client_cert_pem), key = blob_of(c.client_key_pem);
    curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &cert);
    curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
    curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
  }
  return {};
}

namespace {

std::string verify_text(long result, const Connection& c) {
  const std::string name = c.tls_server_name.empty() ? c.server.host : c.tls_server_name;
  switch (result) {
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return "x509: certificate is not valid for " + name;
  case X509_V_ERR_CERT_HAS_EXPIRED:
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return "x509: certificate has expired or is not yet valid";
  case X509_V_ERR_UNSPECIFIED:  // what libcurl leaves there while it compares names
  case X509_V_OK:
    return {};
  default:
    return "x509: certificate signed by unknown authority";
  }
}

// OpenSSL's name of an alert that the server sent, as crypto/tls calls it; nothing when the text is
// no alert.
std::string alert_text(std::string_view detail) {
  constexpr std::pair<std::string_view, const char*> alerts[] = {
      {"alert certificate expired", "expired certificate"},
      {"alert bad certificate", "bad certificate"},
      {"alert unknown ca", "unknown certificate authority"},
      {"alert certificate required", "certificate required"},
      {"alert certificate unknown", "unknown certificate"},
      {"alert certificate revoked", "revoked certificate"},
      {"alert unsupported certificate", "unsupported certificate"},
      {"alert access denied", "access denied"},
      {"alert handshake failure", "handshake failure"},
      {"alert protocol version", "protocol version not supported"},
      {"unrecognized name", "unrecognized name"},
      {"alert internal error", "internal error"}};
  for (const auto& [openssl, go] : alerts)
    if (detail.find(openssl) != std::string_view::npos)
      return go;
  return {};
}

std::optional<Error> alert_error(std::string_view detail) {
  const std::string alert = alert_text(detail);
  if (alert.empty())
    return std::nullopt;
  const bool ours = alert.find("certificate") != std::string::npos || alert == "access denied";
  return Error{.kind = ErrorKind::tls,
               .message = "Unable to connect to the server: remote error: tls: " + alert,
               .hint = alert == "certificate required"
                           ? "the server wants a client certificate: client-certificate and "
                             "client-key of the user in the kubeconfig name one"
                       : ours ? "the server refused the client certificate of the kubeconfig: it "
                                "may have expired or belong to another cluster"
                              : ""};
}

constexpr const char* check_proxy = "check proxy-url in the kubeconfig and HTTPS_PROXY";

std::string proxy_address(const Connection& c) {
  const auto proxy = parse_url(c.proxy);
  return proxy ? proxy->host + ":" + std::to_string(proxy->port) : "the proxy";
}

std::string dial_reason(long os_errno, const std::string& detail) {
  if (os_errno == 0)
    return detail;
  std::string out = std::error_code(static_cast<int>(os_errno), std::system_category()).message();
  if (out.ends_with('.'))
    out.pop_back();
  for (char& ch : out)  // Go writes errno texts in lower case
    if (ch >= 'A' && ch <= 'Z')
      ch = static_cast<char>(ch - 'A' + 'a');
  return "connect: " + out;
}

std::string socks_reason(CURL* easy, const std::string& detail) {
  long code = 0;
  curl_easy_getinfo(easy, CURLINFO_PROXY_ERROR, &code);
  switch (code) {
  case CURLPX_REPLY_GENERAL_SERVER_FAILURE:
    return "general SOCKS server failure";
  case CURLPX_REPLY_NOT_ALLOWED:
    return "connection not allowed by ruleset";
  case CURLPX_REPLY_NETWORK_UNREACHABLE:
    return "network unreachable";
  case CURLPX_REPLY_HOST_UNREACHABLE:
    return "host unreachable";
  case CURLPX_REPLY_CONNECTION_REFUSED:
    return "connection refused";
  case CURLPX_REPLY_TTL_EXPIRED:
    return "TTL expired";
  case CURLPX_USER_REJECTED:
    return "username/password authentication failed";
  default:
    return detail;
  }
}

}  // namespace

std::string lost_reason(std::string_view detail) {
  if (detail.find("reset by peer") != std::string_view::npos ||
      detail.find("errno 104") != std::string_view::npos ||
      detail.find("was reset") != std::string_view::npos ||
      detail.find("errno 10054") != std::string_view::npos)
    return "connection reset by peer";
  if (detail.find("unexpected eof") != std::string_view::npos ||
      detail.find("errno 0") != std::string_view::npos)
    return "unexpected EOF";
  if (detail.find("roken pipe") != std::string_view::npos)
    return "broken pipe";
  if (detail.find("SSL_ERROR_SYSCALL in connection") != std::string_view::npos)
    return "unexpected EOF";  // no errno: the other side just ended
  return std::string(detail);
}

Error transfer_error(CURL* easy, CURLcode code, const Connection& c, const char* buffer) {
  long os_errno = 0, verify = 0, proxy_code = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
  curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verify);
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_code);
  const std::string detail = buffer && *buffer ? buffer : curl_easy_strerror(code);
  const std::string unable = "Unable to connect to the server: ";
  const std::string where = c.server.authority();
  const std::string address =
      c.server.port_given ? where : where + ":" + std::to_string(c.server.port);
  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST:
    return {.kind = ErrorKind::network,
            .message = unable + "dial tcp: lookup " + c.server.host + ": no such host",
            .hint = "check the server's name in the kubeconfig, DNS, and whether a VPN is needed"};
  case CURLE_COULDNT_RESOLVE_PROXY:
    return {.kind = ErrorKind::network,
            .message = unable + "proxyconnect tcp: lookup of the proxy's name failed",
            .hint = check_proxy};
  case CURLE_COULDNT_CONNECT:
    if (c.proxy.empty() && (os::socket_error(os_errno) == std::errc::connection_refused ||
                            detail.find("refused") != std::string::npos))
      return {.kind = ErrorKind::network,
              .message = "The connection to the server " + where +
                         " was refused - did you specify the right host or port?",
              .hint = {}};
    if (!c.proxy.empty())
      return {.kind = ErrorKind::network,
              .message = unable + "proxyconnect tcp: dial tcp " + proxy_address(c) + ": " +
                         dial_reason(os_errno, detail),
              .hint = check_proxy};
    return {.kind = ErrorKind::network,
            .message = unable + "dial tcp " + address + ": " + dial_reason(os_errno, detail),
            .hint = {}};
  case CURLE_PROXY:
    return {.kind = ErrorKind::network,
            .message = unable + "socks connect tcp " + proxy_address(c) + "->" + address + ": " +
                       socks_reason(easy, detail),
            .hint = check_proxy};
  case CURLE_OPERATION_TIMEDOUT:
    return {.kind = ErrorKind::timeout,
            .message = unable + "dial tcp " + address + ": i/o timeout",
            .hint = {}};
  case CURLE_PEER_FAILED_VERIFICATION: {
    const std::string why = verify_text(verify, c);
    return {.kind = ErrorKind::tls,
            .message = unable + "tls: failed to verify certificate: " +
                       (why.empty() ? (detail.find("subject name") != std::string::npos ||
                                               detail.find("alternative") != std::string::npos
                                           ? verify_text(X509_V_ERR_HOSTNAME_MISMATCH, c)
                                           : detail)
                                    : why),
            .hint =
                "check certificate-authority and tls-server-name of the cluster in the kubeconfig"};
  }
  case CURLE_SSL_CERTPROBLEM:
    return {.kind = ErrorKind::config,
            .message = "tls: the client certificate and key cannot be used: " + detail,
            .hint = {}};
  case CURLE_SSL_CONNECT_ERROR:
    if (auto alert = alert_error(detail))
      return *std::move(alert);
    return {.kind = ErrorKind::tls,
            .message = unable + "TLS handshake failed: " + lost_reason(detail),
            .hint = {}};
  case CURLE_GOT_NOTHING:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
    if (proxy_code >= 400)
      return {.kind = ErrorKind::network,
              .message = unable + "the proxy answered CONNECT with " + std::to_string(proxy_code),
              .hint = "check the proxy's rules and its user name and password"};
    if (auto alert = alert_error(detail))
      return *std::move(alert);
    return {.kind = ErrorKind::network,
            .message = unable + (code == CURLE_GOT_NOTHING
                                     ? "EOF"
                                     : (code == CURLE_SEND_ERROR ? "write: " : "read: ") +
                                           lost_reason(detail)),
            .hint = {}};
  case CURLE_FILESIZE_EXCEEDED:
  case CURLE_WRITE_ERROR:
    return {.kind = ErrorKind::too_large,
            .message = "the server's answer is larger than allowed",
            .hint = {}};
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
  case CURLE_PARTIAL_FILE:
    return {.kind = ErrorKind::network, .message = unable + "unexpected EOF", .hint = {}};
  default:
    return {.kind = ErrorKind::network, .message = unable + detail, .hint = {}};
  }
}

}  // namespace kpr::net
