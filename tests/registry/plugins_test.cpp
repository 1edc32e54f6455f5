// Lists of plugins. Loading the files is tested in tests/consumer.
#include "registry/plugins.h"

#include "catch.h"

using namespace attnbench;
using registry::split_paths;

TEST_CASE("A list of plugins is split at colons, and empty entries are left out") {
  using Paths = std::vector<std::string>;
  CHECK(split_paths("").empty());
  CHECK(split_paths(":").empty());
  CHECK(split_paths("a.so") == Paths{"a.so"});
  CHECK(split_paths(":/x/a.so::b c.so:") == Paths{"/x/a.so", "b c.so"});
}

TEST_CASE("A missing file is refused, and the error names the path as it was given") {
  CHECK_THROWS_WITH(registry::load_plugins({"no/such.so"}),
                    "plugin no/such.so: not found: No such file or directory");
}

TEST_CASE("Without plugins the catalogue holds the program's own variants") {
  const registry::Catalogue catalogue = registry::load_plugins({});
  CHECK(catalogue.plugins().empty());
  CHECK(catalogue.entries().size() == registry::built_in().entries().size());
}
