"""Loads a file of variants for the harness, and puts errors into words that name file and line."""
import difflib
import hashlib
import importlib.metadata
import os
import sys
import traceback
import types
import warnings

from . import variants

loaded = []  # The paths of the files.


class LoadError(Exception):
    """A file cannot be loaded; says where and why."""


def load(path, known):
    """Runs the file. `known` maps the names of all variants that there are to whether each is exact.

    Returns its SHA-256 and its variants. Raises LoadError.
    """
    sys.dont_write_bytecode = True
    refuse_complex_numbers()
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        raise LoadError(f"{path}: cannot be read: {error.strerror}") from None
    name = "attnbench_file_" + os.path.splitext(os.path.basename(path))[0]
    module = types.ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    loaded.append(path)
    sys.path.insert(0, os.path.dirname(path))
    variants.declared.clear()
    try:
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
    except variants.DeclarationError as error:
        raise LoadError(str(error)) from None
    except SyntaxError as error:
        raise LoadError(f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}") from None
    except BaseException as error:
        raise LoadError(import_error(path, error)) from None
    found = list(variants.declared)
    if not found:
        raise LoadError(f'{path}: declares no variant: put @attnbench.variant(like="full", source="…") before a function')
    check_names(found, known)
    return hashlib.sha256(source).hexdigest(), found


def refuse_complex_numbers():
    """Makes it an error to write complex numbers into out, of which numpy would keep the real parts."""
    try:
        from numpy.exceptions import ComplexWarning
    except ImportError:  # Before numpy 1.25.
        from numpy import ComplexWarning
    warnings.filterwarnings("error", category=ComplexWarning)


def check_names(found, known):
    seen = {}
    for one in found:
        if one.like is not None and one.like not in known:
            close = difflib.get_close_matches(one.like, known, 1)
            hint = f"; did you mean '{close[0]}'?" if close else "; `attnbench list` shows all"
            raise LoadError(f"{one.place}: like='{one.like}': there is no such variant{hint}")
        if one.like is not None and not known[one.like]:
            raise LoadError(f"{one.place}: like='{one.like}' is not exact; like= names an exact variant")
        if one.name in known:
            raise LoadError(f"{one.place}: there is a variant '{one.name}' already; name= gives this one another name")
        if one.name in seen:
            raise LoadError(f"{one.place}: '{one.name}' is declared at {seen[one.name]} already")
        seen[one.name] = one.place


def import_error(path, error):
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == path]
    place = f"{path}:{own[-1].lineno}" if own else path
    text = f"{place}: {summary_of(error)}"
    if frames and frames[-1].filename != path and own and not isinstance(error, ModuleNotFoundError):
        text += f" (raised at {frames[-1].filename}:{frames[-1].lineno})"
    if isinstance(error, ModuleNotFoundError):
        text += (f"; the interpreter is {sys.executable}, Python {version_of_python()}: ATTNBENCH_PYTHON or an "
                 "active virtual environment names another")
    return text


def summary_of(error):
    text = variants.first_line(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def explain(error, declared_at):
    """An exception as one line, which names where it was raised, and its traceback.

    Without a line in Python, it names the place where the variant is declared.
    """
    frames = traceback.extract_tb(error.__traceback__)
    reason = summary_of(error)
    if isinstance(error, variants.DeclarationError):
        reason = str(error)  # It names its place itself.
    elif frames:
        place = own_frame(frames)
        reason += f" ({place.filename}:{place.lineno}, in {place.name})"
    else:
        reason += f" ({declared_at})"
    if isinstance(error, MemoryError):
        reason = f"out of memory: {reason}"
    return reason, "".join(traceback.format_exception(error)).rstrip("\n")


def own_frame(frames):
    """The innermost frame in a file that was loaded, or else the innermost of all."""
    return next((frame for frame in reversed(frames) if frame.filename in loaded), frames[-1])


def version_of_python():
    return sys.version.partition(" ")[0]


def versions():
    """The interpreter, the packages that are imported with their versions, and the files' own modules with hashes."""
    found = {"python": version_of_python(), "executable": sys.executable, **own_modules()}
    for name, module in sorted(sys.modules.items()):
        if "." in name or name.startswith("_") or name in sys.stdlib_module_names or name.startswith("attnbench"):
            continue
        version = getattr(module, "__version__", None) or distribution_version(name)
        if isinstance(version, str):
            found[name] = version
    return found


def own_modules():
    """The SHA-256 of each module that comes from the folder of a loaded file, by its path from there."""
    found = {}
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        # A virtual environment may lie in the folder; its packages have versions.
        if not isinstance(path, str) or path in loaded or "-packages" in path or name.partition(".")[0] == "attnbench":
            continue
        for folder in {os.path.dirname(file) for file in loaded}:
            if path.startswith(os.path.join(folder, "")):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = "sha256 " + hashlib.sha256(file.read()).hexdigest()
    return found


def distribution_version(name):
    try:
        return importlib.metadata.version(name)
    except Exception:  # A module without a distribution, or with a broken one.
        return None


def empty(q, k, v, call, out):
    """What a call costs beside the function: the harness times this one beside each sample."""
