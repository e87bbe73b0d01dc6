#include <ostream>

#include "cli/handlers.hpp"
#include "cli/output.hpp"
#include "report/render.hpp"

namespace kpr::cli {

int handle_version(const Invocation& call, const Environment& environment) {
  const Result<std::string> format = output_format(call.flags, "json|yaml", "text");
  if (!format)
    return fail(format.error(), environment);
  const nlohmann::ordered_json document{{"apiVersion", "kpr.dev/v1"},
                                        {"kind", "Version"},
                                        {"version", "v" KPR_VERSION},
                                        {"cilium", "1.6 - 1.20"}};
  if (*format == "json")
    *environment.out << report::render_json(document);
  else if (*format == "yaml")
    *environment.out << report::render_yaml(document);
  else
    *environment.out << "kubectl-kpr v" KPR_VERSION " (reads Cilium 1.6 - 1.20)\n";
  return k_ok;
}

}  // namespace kpr::cli
