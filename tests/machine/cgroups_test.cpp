// Tests of cgroups: what they grant, and what they count.
#include "machine/cgroups.h"

#include "catch.h"
#include "folder.h"

namespace attnbench::machine {
namespace {

TEST_CASE("The tightest limit of a cgroup or one above it limits memory") {
  const Folder root;
  SECTION("version 2, where a parent is tighter and its page cache can go") {
    root.write("a/memory.max", "1000\n");
    root.write("a/memory.current", "700\n");
    root.write("a/memory.stat", "anon 1\ninactive_file 50\n");
    root.write("a/b/memory.max", "max\n");
    root.write("a/b/memory.current", "10\n");
    CHECK(cgroup_available_bytes(root.path(), "0::/a/b\n") == 350);
  }
  SECTION("version 1, among other controllers") {
    root.write("memory/x/memory.limit_in_bytes", "5000\n");
    root.write("memory/x/memory.usage_in_bytes", "1000\n");
    root.write("memory/memory.limit_in_bytes", "9223372036854771712\n");
    root.write("memory/memory.usage_in_bytes", "4000\n");
    CHECK(cgroup_available_bytes(root.path(), "3:cpu,cpuacct:/y\n2:memory:/x\n0::/\n") == 4000);
  }
  SECTION("a host's path inside a container falls back to the root") {
    root.write("memory.max", "800\n");
    root.write("memory.current", "900\n");
    CHECK(cgroup_available_bytes(root.path(), "0::/host/only\n") == 0);
  }
  SECTION("no limit, no file, no sense") {
    CHECK_FALSE(cgroup_available_bytes(root.path(), "0::/\n"));
    CHECK_FALSE(cgroup_available_bytes(root.path(), ""));
    CHECK_FALSE(cgroup_available_bytes(root.path(), "nonsense\n:\n"));
  }
}

TEST_CASE("The tightest CPU and memory limits of cgroups are found; without limits there is none") {
  const Folder root;
  root.write("a/cpu.max", "150000 100000\n");
  root.write("a/memory.max", "max\n");
  root.write("a/b/cpu.max", "max 100000\n");
  root.write("a/b/memory.max", "4096\n");
  CHECK(cgroup_limits(root.path(), "0::/a/b\n").cpus == 1.5);
  CHECK(cgroup_limits(root.path(), "0::/a/b\n").memory_bytes == 4096);
  CHECK_FALSE(cgroup_limits(root.path(), "0::/elsewhere\n").cpus.has_value());
  root.write("cpu/x/cpu.cfs_quota_us", "-1\n");
  root.write("cpu/x/cpu.cfs_period_us", "100000\n");
  root.write("memory/x/memory.limit_in_bytes", "9223372036854771712\n");
  const CgroupLimits none = cgroup_limits(root.path(), "3:cpu,cpuacct:/x\n2:memory:/x\n");
  CHECK_FALSE(none.cpus.has_value());
  CHECK_FALSE(none.memory_bytes.has_value());
}

TEST_CASE("No more threads run at once than cores are usable or a quota grants") {
  CHECK(threads_within(8, {}) == 8);
  CHECK(threads_within(8, 16.0) == 8);
  CHECK(threads_within(8, 3.5) == 3);
  CHECK(threads_within(2, 1.0) == 1);
  CHECK(threads_within(2, 0.25) == 1);
  const Folder root;
  root.write("a/cpu.max", "200000 100000\n");
  root.write("a/b/cpu.max", "max 100000\n");
  CHECK(threads_within(8, cgroup_limits(root.path(), "0::/a/b\n").cpus) == 2);
  root.write("cpu/x/cpu.cfs_quota_us", "300000\n");
  root.write("cpu/x/cpu.cfs_period_us", "100000\n");
  CHECK(threads_within(8, cgroup_limits(root.path(), "3:cpu,cpuacct:/x/y\n").cpus) == 3);
}

TEST_CASE("Killings for want of memory are counted on the machine and in each cgroup on the way") {
  const Folder root;
  CHECK(oom_kills(root.path(), "0::/a/b\n", "") == 0);
  CHECK(oom_kills(root.path(), "", "nr_free_pages 7\noom_kill 3\n") == 3);
  root.write("a/memory.events", "low 0\noom 9\noom_kill 1\noom_group_kill 9\n");
  root.write("a/b/memory.events", "oom 9\noom_kill 1\n");
  CHECK(oom_kills(root.path(), "0::/a/b\n", "oom_kill 3\n") == 5);
  CHECK(oom_kills(root.path(), "0::/a\n", "oom_kill 3\n") == 4);
  root.write("memory/x/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  CHECK(oom_kills(root.path(), "4:memory:/x\n", "") == 2);
}

}  // namespace
}  // namespace attnbench::machine
