// Python code that the harness calls: with the interpreter locked, and with errors that end the
// process, since nothing may be thrown into the harness.
#pragma once

#include <stdexcept>
#include <string>

#include "python/calls.h"

namespace attnbench::python {

/// Runs `body`. A Python exception ends the process with its own words; any other with
/// "`what` <its words> (`place`)".
template <class Body>
void locked(const HostV1& host, const std::string& place, const char* what, const Body& body) {
  const py::gil_scoped_acquire lock;
  try {
    body();
  } catch (py::error_already_set& error) {
    fail(host, error, place);
  } catch (const std::exception& error) {
    fail(host, std::string(what) + " " + error.what() + " (" + place + ")");
  }
}

}  // namespace attnbench::python
