#include "net/http.hpp"

#include <algorithm>
#include <cctype>

#include "net/easy.hpp"
#include "util/strings.hpp"

namespace kpr::net {

struct HttpClient::Impl {
  Connection connection;
  Share& share;
  os::Interrupt interrupt;
  Multi multi;
};

namespace {

constexpr std::size_t k_max_head = 1u << 20;

struct Transfer {
  Response response;
  std::size_t max_body = 0;
  std::size_t head = 0;  // bytes of header lines, trailers and answers before the true one
  bool too_large = false, head_too_large = false;
  Clock::time_point last_byte;
};

std::size_t on_body(char* data, std::size_t, std::size_t n, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  t.last_byte = Clock::now();
  if (t.response.body.size() + n > t.max_body) {
    t.too_large = true;
    return 0;
  }
  t.response.body.append(data, n);
  return n;
}

std::size_t on_header(char* data, std::size_t, std::size_t n, void* user) {
  auto& t = *static_cast<Transfer*>(user);
  t.last_byte = Clock::now();
  if ((t.head += n) > k_max_head) {
    t.head_too_large = true;
    return 0;
  }
  const std::string_view line = trim(std::string_view(data, n));
  if (line.starts_with("HTTP/")) {
    t.response.headers.clear();  // of a 100 Continue, or of the proxy
    t.response.protocol = line.substr(0, line.find(' '));
  } else if (const auto colon = line.find(':');
             colon != std::string_view::npos && colon > 0 && t.response.headers.size() < 256) {
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    t.response.headers.emplace_back(std::move(name), std::string(trim(line.substr(colon + 1))));
  }
  return n;
}

}  // namespace

HttpClient::HttpClient(const Connection& connection, Share& share, os::Interrupt interrupt)
    : impl_(new Impl{connection, share, interrupt, Multi(curl_multi_init())}) {}
HttpClient::~HttpClient() = default;

void HttpClient::reset(const Connection& connection) {
  impl_->connection = connection;
  impl_->multi.reset(curl_multi_init());
}

Result<Response> HttpClient::perform(const Request& request) {
  KPR_TRY(check_headers(request.headers));
  Connection& c = impl_->connection;
  Easy easy(curl_easy_init());
  Pinned pinned;
  KPR_TRY(configure(easy.get(), c, impl_->share, request.target, pinned));
  char error[CURL_ERROR_SIZE] = "";
  Transfer transfer;
  transfer.max_body = request.max_body;
  transfer.last_byte = Clock::now();
  List headers;
  const auto add = [&headers](const std::string& line) {
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
  };
  add("Host: " + c.server.authority());
  for (const auto& [name, value] : request.headers)
    add(name + ": " + value);
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, error);
  // Not HTTP/2: one request at a time gains nothing by it, and libcurl does not come back from a
  // connection whose frames never end.
  curl_easy_setopt(easy.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (c.compress)
    curl_easy_setopt(easy.get(), CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &transfer);
  if (request.method == "POST") {
    curl_easy_setopt(easy.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(
        easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    add("Expect:");
  } else if (request.method != "GET") {
    return Error{
        .kind = ErrorKind::internal, .message = "this client sends GET and POST only", .hint = {}};
  }
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());

  const std::string what =
      request.method + " " + request.target.substr(0, request.target.find('?'));
  CURLM* multi = impl_->multi.get();
  curl_multi_add_handle(multi, easy.get());
  struct Remove {
    CURLM* m;
    CURL* e;
    ~Remove() { curl_multi_remove_handle(m, e); }
  } remove{multi, easy.get()};
  for (;;) {
    int running = 0;
    if (const CURLMcode mc = curl_multi_perform(multi, &running); mc != CURLM_OK)
      return Error{.kind = ErrorKind::internal, .message = curl_multi_strerror(mc), .hint = {}};
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE || message->easy_handle != easy.get())
        continue;
      const CURLcode code = message->data.result;
      if (transfer.too_large)
        return Error{.kind = ErrorKind::too_large,
                     .message = "the server's answer to " + what + " is larger than " +
                                std::to_string(request.max_body >> 20) + " MiB",
                     .hint = "ask for fewer objects at once: --chunk-size=100"};
      // How libcurl says it of one line, and of all.
      if (transfer.head_too_large || code == CURLE_OUT_OF_MEMORY ||
          std::string_view(error).starts_with("Too large response headers"))
        return Error{.kind = ErrorKind::protocol,
                     .message = "the server's answer to " + what +
                                " has too many or too long header lines",
                     .hint = {}};
      if (code != CURLE_OK)
        return transfer_error(easy.get(), code, c, error);
      long status = 0;
      curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
      transfer.response.status = static_cast<int>(status);
      return std::move(transfer.response);
    }
    const auto now = Clock::now();
    auto wake = now + std::chrono::seconds(1);
    if (request.deadline) {
      if (now >= *request.deadline)
        return Error{.kind = ErrorKind::timeout,
                     .message = "Unable to connect to the server: net/http: request canceled "
                                "(Client.Timeout exceeded while awaiting headers)",
                     .hint = {}};
      wake = std::min(wake, *request.deadline);
    }
    if (request.silence.count() > 0) {
      if (now - transfer.last_byte >= request.silence)
        return Error{
            .kind = ErrorKind::timeout,
            .message =
                "Unable to connect to the server: net/http: timeout awaiting response headers",
            .hint = {}};
      wake = std::min(
          wake, transfer.last_byte + std::chrono::duration_cast<Clock::duration>(request.silence));
    }
    if (impl_->interrupt.raised())
      return Error{.kind = ErrorKind::cancelled, .message = "interrupted", .hint = {}};
    curl_waitfd extra{impl_->interrupt.fd, CURL_WAIT_POLLIN, 0};
    curl_multi_poll(
        multi,
        &extra,
        impl_->interrupt.fd != os::k_no_socket ? 1 : 0,
        static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wake - now).count()),
        nullptr);
  }
}

}  // namespace kpr::net
