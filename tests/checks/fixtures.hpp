// Every check's firing fixture, of both kinds of clusters: what the goldens are written from.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "checks/run.hpp"
#include "evidence/evidence.hpp"

namespace kpr::test {

struct Fixture {
  std::string id;  // of the check that fires
  std::function<evidence::Evidence()> evidence;
  checks::Selection selection = {};  // but for `only`
};

std::vector<Fixture> cluster_fixtures();
std::vector<Fixture> workload_fixtures();
std::vector<Fixture> runner_fixtures();  // of findings that the runner itself makes
std::vector<Fixture> all_fixtures();

// The findings of that id, symptoms among them.
std::vector<checks::Finding> findings_of(const Fixture& fixture);

}  // namespace kpr::test
