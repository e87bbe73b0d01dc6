// Names of Kubernetes' objects.
#pragma once
#include <string_view>

namespace kpr::kube {

// Whether an API server lets an object be called so: a DNS subdomain of RFC 1123
// (apimachinery/pkg/api/validation/generic.go).
bool is_object_name(std::string_view name);

}  // namespace kpr::kube
