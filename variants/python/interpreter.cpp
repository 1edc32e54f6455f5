// Finds the interpreter's home, starts it, and keeps it whole across fork().
#include "python/interpreter.h"

#include <dlfcn.h>
#include <pthread.h>
#include <pybind11/embed.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace attnbench::python {
namespace {

namespace fs = std::filesystem;
namespace py = pybind11;

constexpr std::string_view kVersion = ATTNBENCH_PYTHON_VERSION;  // "3.11"

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The program in PATH, or the text as it is if it is a path.
fs::path in_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  std::string list = variable("PATH");
  while (!list.empty()) {
    const size_t end = std::min(list.find(':'), list.size());
    const fs::path file = fs::path(list.substr(0, end)) / program;
    if (access(file.c_str(), X_OK) == 0) return file;
    list.erase(0, end + 1);
  }
  return program;
}

/// Throws if this is the program of another version of Python, whose packages do not fit.
void require_same_version(const fs::path& program, const char* from) {
  std::error_code error;
  const std::string file = fs::canonical(program, error).filename().string();
  if (error)
    throw std::runtime_error(std::string(from) + ": " + program.string() + ": " + error.message());
  if (!fs::is_regular_file(program, error))
    throw std::runtime_error(std::string(from) + ": " + program.string() +
                             " is no program; expected an interpreter, such as bin/python of a "
                             "virtual environment");
  constexpr std::string_view kPrefix = "python3.";
  if (file.starts_with(kPrefix) && file != "python" + std::string(kVersion))
    throw std::runtime_error(std::string(from) + ": " + program.string() + " is " + file +
                             ", but attnbench was built with Python " + std::string(kVersion) +
                             "; use packages of that version, or build with the other one");
}

fs::path interpreter_program() {
  if (const std::string program = variable("ATTNBENCH_PYTHON"); !program.empty()) {
    const fs::path file = in_path(program);
    require_same_version(file, "ATTNBENCH_PYTHON");
    return file;
  }
  if (const std::string folder = variable("VIRTUAL_ENV"); !folder.empty()) {
    const fs::path file = fs::path(folder) / "bin/python";
    require_same_version(file, "VIRTUAL_ENV");
    return file;
  }
  return ATTNBENCH_PYTHON_PROGRAM;
}

/// The folder of the package `attnbench`: beside the plugin in a build, under share/ if installed.
fs::path package_folder(const fs::path& plugin_folder) {
  const fs::path beside = plugin_folder / "python";
  return fs::exists(beside) ? beside
                            : plugin_folder.parent_path().parent_path() / "share/attnbench/python";
}

/// Makes Python's symbols visible to its extension modules, which do not link to libpython.
/// Returns the folder of this plugin.
fs::path share_symbols() {
  Dl_info python{}, self{};
  dladdr(reinterpret_cast<void*>(&Py_IsInitialized), &python);
  dladdr(reinterpret_cast<void*>(&share_symbols), &self);
  dlopen(python.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
  return fs::path(self.dli_fname).parent_path();
}

/// A harness forks its workers from a process that has loaded the file. Python's locks and its
/// hooks for forks must hear of it, unless Python itself forks and tells them.
PyGILState_STATE g_state_at_fork;
bool g_is_our_fork = false;

void before_fork() {
  g_is_our_fork = PyGILState_Check() == 0;
  if (!g_is_our_fork) return;
  g_state_at_fork = PyGILState_Ensure();
  PyOS_BeforeFork();
}
void after_fork_in_parent() {
  if (!g_is_our_fork) return;
  PyOS_AfterFork_Parent();
  PyGILState_Release(g_state_at_fork);
}
void after_fork_in_child() {
  if (!g_is_our_fork) return;
  PyOS_AfterFork_Child();
  PyGILState_Release(g_state_at_fork);
}

void initialize(const fs::path& program) {
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.install_signal_handlers = 0;
  config.parse_argv = 0;
  config.write_bytecode = 0;
  PyStatus status =
      PyConfig_SetBytesString(&config, &config.program_name, program.string().c_str());
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status))
    throw std::runtime_error(
        "Python " + std::string(kVersion) + " (" + program.string() +
        ") does not start: " + (status.err_msg == nullptr ? "no reason given" : status.err_msg));
}

}  // namespace

void start_interpreter() {
  if (Py_IsInitialized() != 0) return;
  const fs::path folder = share_symbols();
  initialize(interpreter_program());
  {
    const py::module_ sys = py::module_::import("sys");
    sys.attr("path").attr("insert")(0, package_folder(folder).string());
    // What a file prints while it is loaded must not get between what the program prints.
    sys.attr("stdout") = sys.attr("stderr");
    // A crash then tells the line of Python that it happened in.
    py::module_::import("faulthandler").attr("enable")(py::arg("all_threads") = false);
  }
  pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
  PyEval_SaveThread();
}

}  // namespace attnbench::python
