// JSON that Cilium's own -o json printed, read into the same models.
#pragma once
#include "kpr/parse.hpp"

namespace kpr::det {
void read_status_json(StatusDocument& document);
void read_service_list_json(ServiceListDocument& document);
}  // namespace kpr::det
