#include "commands/rbac.hpp"

#include <ostream>

#include "cli/handlers.hpp"
#include "cli/output.hpp"
#include "cli/source.hpp"
#include "report/render.hpp"
#include "util/strings.hpp"

namespace kpr::cli {

int handle_rbac(const Invocation& call, const Environment& environment) {
  if (call.arguments.size() > 1)
    return fail_usage("at most one subcommand is allowed", "rbac", call.program, environment);
  const std::string subcommand = call.arguments.empty() ? "doctor" : call.arguments[0];
  const Result<std::string> format = output_format(call.flags, "yaml|json", "yaml");
  if (!format)
    return fail(format.error(), environment);
  const Result<std::vector<commands::RightNeeded>> rights = commands::rights_of(subcommand);
  if (!rights)
    return fail_usage(rights.error().message, "rbac", call.program, environment);
  const std::string ns =
      call.flags.get("namespace", environment.getenv("CILIUM_NAMESPACE").value_or("kube-system"));
  if (!call.flags.on("check")) {
    *environment.out << (*format == "json"
                             ? report::render_json(commands::rbac_document(subcommand, *rights, ns))
                             : commands::rbac_yaml(subcommand, *rights, ns));
    return k_ok;
  }
  const Result<live::ClusterOptions> options = cluster_options(call.flags, environment);
  if (!options)
    return fail(options.error(), environment);
  std::vector<live::Right> asked;
  std::vector<const commands::RightNeeded*> from;
  for (const commands::RightNeeded& right : *rights) {
    const std::size_t slash = right.resource.find('/');
    for (const std::string& verb : right.verbs) {
      for (const std::string& name :
           right.names.empty() ? std::vector<std::string>{""} : right.names) {
        asked.push_back({verb,
                         right.group,
                         right.resource.substr(0, slash),
                         slash == std::string::npos ? "" : right.resource.substr(slash + 1),
                         right.in_cilium_namespace ? ns : "",
                         name});
        from.push_back(&right);
      }
    }
  }
  const Result<std::vector<live::RightAnswer>> answers =
      live::check_rights(*options, asked, environment.interrupt);
  if (!answers)
    return fail(answers.error(), environment);
  report::Report out;
  out.table.columns = {{"VERB"}, {"RESOURCE"}, {"NAMESPACE"}, {"ALLOWED"}, {"FOR"}};
  bool essential = true;
  bool all = true;
  for (std::size_t i = 0; i < answers->size(); ++i) {
    const live::RightAnswer& a = (*answers)[i];
    const commands::RightNeeded& right = *from[i];
    out.table.rows.push_back(
        {{a.right.verb},
         {(right.group.empty() ? right.resource : right.resource + "." + right.group) +
          (a.right.name.empty() ? "" : " " + a.right.name)},
         {a.right.ns.empty() ? "*" : a.right.ns},
         {a.allowed        ? "yes"
          : right.optional ? "no (optional)"
                           : "no",
          a.allowed ? report::Style::good : report::Style::bad},
         {right.purpose}});
    all = all && a.allowed;
    essential = essential && (a.allowed || right.optional);
  }
  out.notes.push_back(all ? "The current user has every right that " + subcommand + " needs."
                      : essential
                          ? "Some optional rights are missing; what needs them is skipped."
                          : "Rights that " + subcommand + " cannot do without are missing.");
  out.outcome = essential ? (all ? report::Outcome::ok : report::Outcome::incomplete)
                          : report::Outcome::findings;
  return print(out, "table", call.flags, environment);
}

}  // namespace kpr::cli
