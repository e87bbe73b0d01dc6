// RAII for libcurl, and the options that every handle gets. Only for the files of net/.
#pragma once
#include <curl/curl.h>

#include <map>
#include <memory>
#include <string>

#include "net/http.hpp"

namespace kpr::net {

struct EasyDelete {
  void operator()(CURL* p) const { curl_easy_cleanup(p); }
};
struct MultiDelete {
  void operator()(CURLM* p) const { curl_multi_cleanup(p); }
};
struct ListDelete {
  void operator()(curl_slist* p) const { curl_slist_free_all(p); }
};
using Easy = std::unique_ptr<CURL, EasyDelete>;
using Multi = std::unique_ptr<CURLM, MultiDelete>;
using List = std::unique_ptr<curl_slist, ListDelete>;

struct Share::Impl {
  CURLSH* handle = nullptr;
  std::map<std::string, void*>
      stores;  // X509_STORE by PEM text or file name: parsed once, used by every connection
  ~Impl();
};

// What must outlive a handle because libcurl keeps pointers to it.
struct Pinned {
  List connect_to;
  std::string url;
  void* store = nullptr;
};

// Sets TLS, proxy, timeouts and sharing. `target` is the request target after the server's prefix.
Result<void> configure(CURL* easy,
                       const Connection& connection,
                       Share& share,
                       std::string_view target,
                       Pinned& pinned);

// A failed transfer in kubectl's words.
Error transfer_error(CURL* easy, CURLcode code, const Connection& connection, const char* buffer);

// Why an open connection broke, in Go's words: "connection reset by peer".
std::string lost_reason(std::string_view detail);

}  // namespace kpr::net
