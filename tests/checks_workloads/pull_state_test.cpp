// When a pull counts as stuck, when it does not, and what stuck pulls have in common.
#define BOOST_TEST_MODULE pull_state
#include "checks/pull_state.hpp"

#include <boost/test/unit_test.hpp>

using namespace kpr::checks;
using kpr::parse_rfc3339;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const kpr::Time kNow = *parse_rfc3339("2026-03-01T12:00:00Z");

PodView waiting_pod(const std::string& name,
                    const std::string& node,
                    const std::string& image,
                    seconds age,
                    const std::string& reason = "ContainerCreating") {
  PodView p;
  p.ns = "shop";
  p.name = name;
  p.uid = "uid-" + name;
  p.node = node;
  p.phase = "Pending";
  p.created = p.scheduled = kNow - age;
  ContainerView c;
  c.name = "web";
  c.image = image;
  c.has_status = true;
  c.waiting_reason = reason;
  p.containers.push_back(c);
  return p;
}

EventView event(const PodView& p,
                const std::string& reason,
                const std::string& message,
                seconds ago,
                const std::string& container = "web",
                bool init = false) {
  EventView e;
  e.ns = p.ns;
  e.pod = p.name;
  e.uid = p.uid;
  e.container = container;
  e.init = init;
  e.reason = reason;
  e.message = message;
  e.first = e.last = kNow - ago;
  return e;
}

PullInput input(std::vector<PodView> pods, std::vector<EventView> events) {
  PullInput in;
  in.pods = std::move(pods);
  in.events = std::move(events);
  in.now = kNow;
  return in;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_pull_without_end_is_found_by_its_event) {
  const auto pod = waiting_pod("a", "n1", "nginx", minutes(16));
  const auto pulls =
      find_pulls(input({pod}, {event(pod, "Pulling", R"(Pulling image "nginx")", minutes(15))}));
  BOOST_REQUIRE(pulls.size() == 1u);
  BOOST_TEST(pulls[0].age.count() == 900);
  BOOST_TEST(pulls[0].event_left);
  BOOST_TEST(group_stuck(pulls, minutes(2), 3).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_young_pull_is_no_finding) {
  const auto pod = waiting_pod("a", "n1", "nginx", seconds(33));
  const auto pulls =
      find_pulls(input({pod}, {event(pod, "Pulling", R"(Pulling image "nginx")", seconds(30))}));
  BOOST_REQUIRE(pulls.size() == 1u);
  BOOST_TEST(group_stuck(pulls, minutes(2), 3).empty());
}

BOOST_AUTO_TEST_CASE(the_age_is_the_pulls_and_not_the_pods) {
  // The volume took nine minutes; the pull is a minute old.
  const auto pod = waiting_pod("a", "n1", "nginx", minutes(10));
  const auto pulls =
      find_pulls(input({pod},
                       {event(pod, "FailedMount", "timeout", minutes(2), ""),
                        event(pod, "Pulling", R"(Pulling image "nginx")", minutes(1))}));
  BOOST_REQUIRE(pulls.size() == 1u);
  BOOST_TEST(pulls[0].age.count() == 60);
}

BOOST_AUTO_TEST_CASE(a_pull_that_ended_is_not_running) {
  const auto pod = waiting_pod("a", "n1", "nginx", minutes(16));
  const auto pulling = event(pod, "Pulling", R"(Pulling image "nginx")", minutes(15));
  BOOST_TEST(
      find_pulls(
          input({pod}, {pulling, event(pod, "Pulled", "Successfully pulled image", minutes(14))}))
          .empty());
  // Another container's end does not end this one.
  BOOST_TEST(
      find_pulls(input({pod},
                       {pulling,
                        event(pod, "Pulled", "Successfully pulled image", minutes(14), "sidecar")}))
          .size() == 1u);
  // Nor does an event of an earlier pod of the same name.
  auto earlier = event(pod, "Pulled", "Successfully pulled image", minutes(14));
  earlier.uid = "uid-of-the-pod-before";
  BOOST_TEST(find_pulls(input({pod}, {pulling, earlier})).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_restarted_kubelet_announces_the_same_pull_twice) {
  const auto pod = waiting_pod("a", "n1", "nginx", minutes(21));
  const auto pulls =
      find_pulls(input({pod},
                       {event(pod, "Pulling", R"(Pulling image "nginx")", minutes(20)),
                        event(pod, "Pulling", R"(Pulling image "nginx")", minutes(3))}));
  BOOST_REQUIRE(pulls.size() == 1u);
  BOOST_TEST(pulls[0].age.count() == 1200);
  BOOST_TEST(pulls[0].attempts == 2);
}

BOOST_AUTO_TEST_CASE(an_init_container_that_hangs_is_named_by_its_event) {
  auto pod = waiting_pod("a", "n1", "app:1", minutes(16), "PodInitializing");
  ContainerView init;
  init.name = "config";
  init.image = "init:1";
  init.init = true;
  init.has_status = true;
  init.waiting_reason = "PodInitializing";
  pod.containers.insert(pod.containers.begin(), init);
  const auto pulls = find_pulls(input(
      {pod}, {event(pod, "Pulling", R"(Pulling image "init:1")", minutes(15), "config", true)}));
  BOOST_REQUIRE(pulls.size() == 1u);
  BOOST_TEST(pulls[0].container == "config");
  BOOST_TEST(pulls[0].image == "init:1");
  BOOST_TEST(pulls[0].init);
  // While it runs, nothing is pulled however long it takes.
  pod.containers[0].waiting_reason.clear();
  pod.containers[0].running = true;
  BOOST_TEST(find_pulls(input({pod}, {})).empty());
}

BOOST_AUTO_TEST_CASE(expired_events_leave_age_and_state) {
  auto pod = waiting_pod("a", "n1", "nginx", minutes(84));
  auto in = input({pod}, {});
  auto pulls = find_pulls(in);
  BOOST_REQUIRE(pulls.size() == 1u);
  BOOST_TEST(!pulls[0].event_left);
  BOOST_TEST(pulls[0].age.count() == 84 * 60);
  // What else holds up a pod says so again and again.
  in.events = {event(pod, "FailedMount", "MountVolume.SetUp failed", minutes(1), "")};
  BOOST_TEST(find_pulls(in).empty());
  // The image is there already.
  in.events.clear();
  in.on_node = [](const std::string& node, const std::string& image) {
    return node == "n1" && normal_image(image) == "docker.io/library/nginx:latest";
  };
  BOOST_TEST(find_pulls(in).empty());
  // The kubelet is gone.
  in.on_node = nullptr;
  in.nodes_not_ready = {"n1"};
  BOOST_TEST(find_pulls(in).empty());
  // Within the hour its events would still be there.
  BOOST_TEST(find_pulls(input({waiting_pod("b", "n1", "nginx", minutes(40))}, {})).empty());
}

BOOST_AUTO_TEST_CASE(without_the_right_to_read_events_only_a_finished_sandbox_is_judged) {
  auto pod = waiting_pod("a", "n1", "nginx", minutes(20));
  auto in = input({pod}, {});
  in.events_known = false;
  BOOST_TEST(find_pulls(in).empty());
  in.pods[0].ready_to_start = true;
  BOOST_REQUIRE(find_pulls(in).size() == 1u);
  BOOST_TEST(!find_pulls(in)[0].events_known);
}

BOOST_AUTO_TEST_CASE(a_sandbox_failure_after_the_pull_began_is_not_a_pull) {
  const auto pod = waiting_pod("a", "n1", "nginx", minutes(20));
  BOOST_TEST(find_pulls(input({pod},
                              {event(pod, "Pulling", R"(Pulling image "nginx")", minutes(19)),
                               event(pod, "FailedCreatePodSandBox", "x", minutes(1), "")}))
                 .empty());
}

BOOST_AUTO_TEST_CASE(finished_failed_and_terminating_pods_pull_nothing) {
  for (const char* phase : {"Succeeded", "Failed"}) {
    auto pod = waiting_pod("a", "n1", "nginx", minutes(84));
    pod.phase = phase;
    BOOST_TEST(find_pulls(input({pod}, {})).empty());
  }
  auto pod = waiting_pod("a", "n1", "nginx", minutes(84));
  pod.deleting = true;
  BOOST_TEST(find_pulls(input({pod}, {})).empty());
  auto unscheduled = waiting_pod("a", "", "nginx", minutes(84));
  BOOST_TEST(find_pulls(input({unscheduled}, {})).empty());
}

BOOST_AUTO_TEST_CASE(a_failing_pull_takes_the_message_or_the_newest_event) {
  auto pod = waiting_pod("a", "n1", "a/b:9", minutes(20), "ImagePullBackOff");
  pod.containers[0].waiting_message = R"(Back-off pulling image "a/b:9")";
  auto pulls = find_pulls(input(
      {pod},
      {event(pod,
             "Failed",
             R"(Failed to pull image "a/b:9": dial tcp 1.2.3.4:443: i/o timeout)",
             minutes(19)),
       event(
           pod,
           "Failed",
           R"(Failed to pull image "a/b:9": rpc error: code = NotFound desc = docker.io/a/b:9: not found)",
           minutes(2)),
       event(pod, "Failed", "Error: ErrImagePull", minutes(2)),
       event(pod, "BackOff", R"(Back-off pulling image "a/b:9")", minutes(1))}));
  BOOST_REQUIRE(pulls.size() == 1u);
  BOOST_TEST(pulls[0].cause.id == "image-pull-not-found");
  BOOST_TEST(pulls[0].source == "event Failed");
  BOOST_TEST(pulls[0].age.count() == 19 * 60);
  pod.containers[0].waiting_message =
      R"(Back-off pulling image "a/b:9": ErrImagePull: toomanyrequests: limit)";
  pulls = find_pulls(input({pod}, {}));
  BOOST_REQUIRE(pulls.size() == 1u);
  BOOST_TEST(pulls[0].cause.id == "image-pull-rate-limit");
  BOOST_TEST(pulls[0].source == "waiting.message");
}

BOOST_AUTO_TEST_CASE(groups_name_what_the_pulls_have_in_common) {
  const auto group = [](std::vector<PodView> pods, std::size_t nodes) {
    std::vector<EventView> events;
    for (const auto& p : pods)
      events.push_back(event(
          p, "Pulling", "Pulling image", std::chrono::duration_cast<seconds>(kNow - *p.created)));
    return group_stuck(find_pulls(input(pods, events)), minutes(2), nodes);
  };
  auto g = group(
      {waiting_pod("a", "n1", "nginx", minutes(16)), waiting_pod("b", "n2", "nginx", minutes(16))},
      8);
  BOOST_REQUIRE(g.size() == 1u);
  BOOST_CHECK(g[0].common == PullCommon::one_image);
  BOOST_TEST(!g[0].all_nodes);
  g = group(
      {waiting_pod("a", "n1", "nginx", minutes(16)), waiting_pod("b", "n2", "redis:7", minutes(9))},
      2);
  BOOST_REQUIRE(g.size() == 1u);
  BOOST_CHECK(g[0].common == PullCommon::one_registry);
  BOOST_TEST(g[0].all_nodes);
  BOOST_TEST(g[0].registries[0] == "docker.io");
  g = group({waiting_pod("a", "n1", "nginx", minutes(16)),
             waiting_pod("b", "n1", "quay.io/x/y:1", minutes(16))},
            4);
  BOOST_REQUIRE(g.size() == 1u);
  BOOST_CHECK(g[0].common == PullCommon::one_node);
  g = group({waiting_pod("a", "n1", "huge:1", minutes(30)),
             waiting_pod("b", "n1", "quay.io/x/y:1", minutes(6))},
            4);
  BOOST_REQUIRE(g.size() == 1u);
  BOOST_CHECK(g[0].common == PullCommon::serial_queue);
  BOOST_TEST(g[0].pulls[0].pod == "a");
  g = group({waiting_pod("a", "n1", "nginx", minutes(16))}, 4);
  BOOST_REQUIRE(g.size() == 1u);
  BOOST_CHECK(g[0].common == PullCommon::one_pod);
}
