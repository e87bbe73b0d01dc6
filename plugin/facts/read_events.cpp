#include "facts/read.hpp"

namespace kpr::facts::read {

// core/v1 and events.k8s.io/v1 are the same objects under two sets of names. The moment of the last
// occurrence is the first of series.lastObservedTime, lastTimestamp, deprecatedLastTimestamp,
// eventTime, firstTimestamp, creationTimestamp that is set.
Event event(const Json& object) {
  Event e;
  const Json& m = at(object, "metadata");
  const Json& about =
      at(object, at(object, "regarding").is_object() ? "regarding" : "involvedObject");
  e.type = text(object, "type");
  e.reason = text(object, "reason");
  e.message = at(object, "note").is_string() ? text(object, "note") : text(object, "message");
  e.kind = text(about, "kind");
  e.ns = text(about, "namespace");
  if (e.ns.empty() && e.kind != "Node")
    e.ns = text(m, "namespace");
  e.name = text(about, "name");
  e.uid = text(about, "uid");
  e.field_path = text(about, "fieldPath");
  for (const char* key : {"source", "deprecatedSource"}) {
    if (e.source.empty())
      e.source = text(at(object, key), "component");
    if (e.host.empty())
      e.host = text(at(object, key), "host");
  }
  for (const char* key : {"reportingController", "reportingComponent"})
    if (e.source.empty())
      e.source = text(object, key);
  if (e.host.empty())
    e.host = text(object, "reportingInstance");
  const Json& series = at(object, "series");
  for (const char* key : {"firstTimestamp", "deprecatedFirstTimestamp", "eventTime"})
    if (!e.first)
      e.first = time(object, key);
  e.last = time(series, "lastObservedTime");
  for (const char* key : {"lastTimestamp",
                          "deprecatedLastTimestamp",
                          "eventTime",
                          "firstTimestamp",
                          "deprecatedFirstTimestamp"})
    if (!e.last)
      e.last = time(object, key);
  if (!e.last)
    e.last = time(m, "creationTimestamp");
  if (!e.first)
    e.first = e.last;
  e.count = number(series, "count", number(object, "count", number(object, "deprecatedCount", 1)));
  if (e.count < 1)
    e.count = 1;
  constexpr std::string_view combined = "(combined from similar events): ";
  if (e.message.rfind(combined, 0) == 0) {
    e.combined = true;
    e.message.erase(0, combined.size());
  }
  return e;
}

}  // namespace kpr::facts::read
