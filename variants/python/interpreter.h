// The Python interpreter in this process: started once, with the packages of the user's choice.
#pragma once

#include <string>

namespace attnbench::python {

/// Starts the interpreter, puts the package `attnbench` beside this plugin on its path, and leaves
/// the interpreter unlocked. ATTNBENCH_PYTHON, else the active virtual environment, else the Python
/// that this plugin was built with says which packages there are. Throws std::runtime_error. Does
/// nothing if it was called before.
void start_interpreter();

}  // namespace attnbench::python
