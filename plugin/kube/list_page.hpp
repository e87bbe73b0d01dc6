// One page of a list, item by item: each is handed on and freed before the next is made, so a page
// takes three times the memory of its text and one object's. As a tree of nlohmann's, 500 pods are
// ten times their text.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "util/keep.hpp"
#include "util/result.hpp"

namespace kpr::kube {

struct ListPage {
  std::string resource_version;
  std::string next;  // token of the page behind this one; empty on the last
};

// Items that are no objects are left out; the others get the kind and apiVersion of their list
// where they have none. Of managedFields the field sets are left out: they are the longest part of
// most objects and say nothing of the cluster. With `keep` so is what it does not name. An Error
// (protocol) says what the text is not: "not JSON", "not a list", "nested too deeply"; no item is
// handed on then.
Result<ListPage> read_list_page(std::string text,
                                const std::function<void(nlohmann::json&&)>& on_item,
                                const Keep* keep = nullptr);

}  // namespace kpr::kube
