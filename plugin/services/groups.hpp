// Collects differences, equal ones of many agents as one.
#pragma once
#include <unordered_map>
#include <utility>
#include <vector>

#include "services/backends.hpp"

namespace kpr::services {

// Whose frontend differs.
struct Subject {
  Layer layer = Layer::agent;
  std::string ns, name, frontend;
};

class Groups {
 public:
  using Number = std::uint32_t;
  Number number(const Subject& subject, Detail detail);
  std::vector<Number> numbers(const Subject& subject, std::vector<Detail> details);
  void add(Number group, std::uint32_t agent);
  void add(const std::vector<Number>& groups, std::uint32_t agent);
  std::vector<Difference> take() { return std::move(all_); }

 private:
  std::vector<Difference> all_;
  std::unordered_map<std::string, Number> numbers_;
};

// The frontends of one list by key: one array for the lists of all agents, in which a stamp says
// of whose list an entry is.
class ByKey {
 public:
  void next(std::size_t keys) {
    entries_.resize(std::max(keys, entries_.size()));
    ++stamp_;
  }
  void add(std::uint32_t key, std::uint32_t frontend) { entries_[key] = {stamp_, frontend}; }
  bool has(std::uint32_t key) const {
    return key < entries_.size() && entries_[key].stamp == stamp_;
  }
  std::uint32_t frontend(std::uint32_t key) const { return entries_[key].frontend; }

 private:
  struct Entry {
    std::uint32_t stamp = 0, frontend = 0;
  };
  std::uint32_t stamp_ = 0;
  std::vector<Entry> entries_;
};

// "NodePort 172.30.0.11:30080/TCP": a frontend at the address where it was listed.
std::string title_of(const facts::LbFrontend& frontend, const std::string& ip);

}  // namespace kpr::services
