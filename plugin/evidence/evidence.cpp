#include "evidence/evidence.hpp"

namespace kpr::evidence {

std::string_view to_string(Reason reason) {
  switch (reason) {
  case Reason::not_asked:
    return "not asked";
  case Reason::no_right:
    return "no right";
  case Reason::no_such_file:
    return "no such file";
  case Reason::agent_down:
    return "agent down";
  case Reason::timed_out:
    return "timed out";
  case Reason::too_large:
    return "too large";
  case Reason::version_too_old:
    return "version too old";
  case Reason::incomplete:
    return "incomplete";
  case Reason::interrupted:
    return "interrupted";
  case Reason::failed:
    return "failed";
  case Reason::no_such_resource:
    return "no such resource";
  }
  return "failed";
}

}  // namespace kpr::evidence
