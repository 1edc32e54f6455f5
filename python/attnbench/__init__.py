"""attnbench in Python: `load` reads what a run left, `plot` draws it, `variant` declares a variant for --python.

Each name is imported when it is first used, so that reading a run and writing a variant need only their own packages.
"""
import importlib
import sys

# Where each public name comes from: itself a module, or a member of one.
_HOMES = {
    "load": "runs",
    "Run": "runs",
    "RunError": "runs",
    "unit": "columns",
    "plot": None,
    "variant": "variants",
    "optional": "variants",
}
__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    home = _HOMES[name]
    try:
        module = importlib.import_module(f"{__name__}.{home or name}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        raise ModuleNotFoundError(
            f"attnbench.{name} needs the package {package}, which this Python ({sys.executable}) does not have: "
            f"pip install {package}, or Debian's python3-{package}", name=error.name) from None
    value = getattr(module, name) if home else module
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
