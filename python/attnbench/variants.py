"""How a file says that a function or a class of it is a variant, and what such a function is called with.

    import attnbench

    @attnbench.variant(like="window", source="Beltagy et al. 2020")
    def my_window(q, k, v, call, out): ...

A function gets arrays over the harness's own memory, without a copy: q and out are [batch, heads, q_len, head_dim], k and
v are [batch, kv_heads, kv_len, head_dim]. It fills `out` (out[...] = answer) and returns nothing.

The arrays are float32. If `takes` names "bf16" or "f16", a function is also called with tensors of these types: q and out
of `call.dtype`, k and v of `call.kv_dtype`, which may differ. An f16 tensor is an array of float16. numpy has no bf16: such
a tensor is an array of uint16, which holds the upper half of the bits of a float32. KV caches of int8 and q8_0, which have
scales beside their elements, are not handed to Python: their cases are skipped. A variant with a definition takes float32
only.
"""
import importlib
import inspect
import re

from . import definitions

TAKES = {"scale": 1, "softcap": 2, "alibi": 4, "bf16": 8, "f16": 16}
TAKES_TYPES = TAKES["bf16"] | TAKES["f16"]
ARGUMENTS = ("q", "k", "v", "call", "out")

# What @variant has found in the file that is being loaded; loading.py takes it.
declared = []


class Place:
    """A line of a file."""

    def __init__(self, file, line):
        self.file, self.line = file, line

    def __str__(self):
        return f"{self.file}:{self.line}"


class DeclarationError(Exception):
    """A variant is declared wrongly; says where."""

    def __init__(self, place, text):
        super().__init__(f"{place}: {text}")


class Declared:
    """One variant of a file, as the harness takes it."""

    def __init__(self, target, place, like, source, summary, name, takes, supports, needs, visible_keys, definition, cost,
                 params, theory):
        self.place = place
        self.target = target
        self.is_class = inspect.isclass(target)
        self.has_setup = self.is_class and hasattr(target, "setup")
        self.like = like
        self.name = name or target.__name__
        self.source = source
        self.summary = summary or first_line(target.__doc__) or (f"like {like}, from {place}" if like else f"from {place}")
        self.takes = takes_bits(place, takes)
        self.supports = supports
        self.needs = [needs] if isinstance(needs, str) else list(needs)
        self.visible_keys = visible_keys
        self.definition = definition
        self.cost = cost
        self.theory = theory
        self.check_origin(params)
        self.check()
        self.params = [whole_param(place, param, given) for param, given in (params or {}).items()]

    def require(self, holds, text):
        if not holds:
            raise DeclarationError(self.place, text)

    def check_origin(self, params):
        """Whether it says, in one way, what it computes."""
        require = self.require
        ways = [way for way in ("like", "visible_keys", "definition") if getattr(self, way) is not None]
        require(ways, 'like= names the variant that it computes the same as: like="window"; or visible_keys= says what '
                      "it sees; or definition= says what it computes")
        require(len(ways) == 1, f"{'= and '.join(ways)}= each say what it computes; keep one of them")
        require(self.like is None or isinstance(self.like, str), f"like={self.like!r} is no name of a variant")
        for name, given in (("params", params), ("theory", self.theory)):
            require(self.like is None or given is None, f"{name}= are those of {self.like}, since like= names it; leave {name}= out")
        require(self.visible_keys is None or takes_arguments(self.visible_keys, ("call", "query")),
                "visible_keys is called as visible_keys(call, query); it returns the spans of keys that the query sees")
        require(self.definition is None or takes_arguments(self.definition, definitions.ARGUMENTS),
                f"definition is called as definition({', '.join(definitions.ARGUMENTS)}); it returns one row of the output")
        require((self.definition is None) == (self.cost is None),
                'cost= goes with definition=: cost(call) returns the least that it takes, such as {"flops": 12 * call.kv_len}')
        require(self.cost is None or takes_arguments(self.cost, ("call",)), "cost is called as cost(call)")
        # The harness allows an answer that is judged by a definition what float32 rounds, and no rounding of out beside.
        require(self.definition is None or not self.takes & TAKES_TYPES,
                'takes="bf16" and takes="f16" go with like= or visible_keys=: an answer that a definition judges is float32')
        require(self.like is not None or self.theory is not None,
                'theory= says how time and memory should grow with n: '
                '{"time": 2, "memory": 0} is n^2, and no memory beside the tensors')
        if self.like is None and not callable(self.theory):
            self.theory_of(None)

    def check(self):
        require = self.require
        require(isinstance(self.source, str) and self.source.strip(), "source= says which paper or project it comes from")
        require(re.fullmatch(r"[a-z][a-z0-9_]*", self.name),
                f"'{self.name}' is no name of a variant: lower-case letters, digits and _, a letter first")
        require(self.supports is None or callable(self.supports),
                "supports= is a function of a call, which returns None, or why the call can't be done")
        if self.is_class:
            require(callable(getattr(self.target, "forward", None)), f"class {self.target.__name__} has no forward")
            require(takes_arguments(self.target.forward, ("self", *ARGUMENTS)),
                    "forward is called as forward(self, q, k, v, call, out)")
            require(not self.has_setup or takes_arguments(self.target.setup, ("self", "call")),
                    "setup is called as setup(self, call)")
            require(takes_arguments(self.target, ()), "the class is made without arguments; setup(call) can store more")
        else:
            require(callable(self.target), "a variant is a function, or a class that has forward")
            require(takes_arguments(self.target, ARGUMENTS),
                    f"'{self.name}' is called as {self.name}({', '.join(ARGUMENTS)})")

    def theory_of(self, call):
        """The powers of n and of log n, of time and of memory."""
        theory = self.theory(call) if callable(self.theory) else self.theory
        powers = []
        try:
            for name in ("time", "memory"):
                growth = theory[name]
                power, log_power = growth if isinstance(growth, tuple) else (growth, 0)
                powers += [float(power), float(log_power)]
        except (TypeError, KeyError, ValueError):
            raise DeclarationError(self.place, f"theory is {theory!r}; expected the powers of n, and of log n if there "
                                               'are any, such as {"time": (1, 1), "memory": 0}') from None
        return powers

    def cost_of(self, call):
        """FLOPs, bytes of memory traffic, sequential steps and path length; see definitions.py."""
        try:
            return definitions.counts(self.cost(call), call)
        except definitions.CostError as error:
            raise DeclarationError(self.place, str(error)) from None

    def rows_of(self, q, k, v, call, rows, dtype):
        return definitions.rows_of(self.definition, q, k, v, call, rows, dtype)

    def missing(self):
        """Why it cannot run here, by the packages that it needs; empty if it can."""
        absent = [package for package in self.needs if optional(package) is None]
        return f"no module named {absent[0]}" if absent else ""


def variant(undecorated=None, /, *, like=None, source=None, summary=None, name=None, takes=(), supports=None, needs=(), visible_keys=None,
            definition=None, cost=None, params=None, theory=None):
    """Declares the function or class below it as a variant that computes the same as the registered one `like`.

    It sees the keys that `like` sees, has its params and its theory, and is judged as it is. Or, in place of `like`:
    `visible_keys(call, query)`: the keys that a query sees, as tuples (begin, end) or (begin, end, step), which
    ascend and do not overlap. Keys that there are not, or that causal forbids, are left out by themselves.
    Or, of a variant that is not exact:
    `definition(q, k, v, call, query)`: row `query` of one head's output, from that head's q [q_len, head_dim], k and v
    [kv_len, head_dim]. It runs in float64 for what is right, and in float32 for how far rounding may stray: it computes
    in the type of q.
    `cost(call)`: the least that it takes: {"flops": …}, and if they differ from the defaults "traffic_bytes" (q, k, v and
    out once), "steps" that must follow one another (1), and "path" from the first position to the last (1).
    With either come:
    `params`: its own, as {"reach": (default, least, most, "what it means")}.
    `theory`: how time and memory should grow with n, as powers: {"time": 2, "memory": 0}; (1, 1) is n log n. Or a
    function of a call that returns this.

    In all cases:
    `source`: the paper or project that it comes from. `summary`: one line; by default the first of the docstring.
    `takes`: which of "scale", "softcap" and "alibi" it heeds, and "bf16" and "f16" if it takes tensors of these types
    beside float32; it is never called with others.
    `supports(call)`: returns None, or in one line why the call can't be done; such a case is skipped.
    `needs`: packages without which its cases are skipped; see `optional`.
    """
    if undecorated is not None:
        raise DeclarationError(place_of(undecorated), '@attnbench.variant needs arguments: '
                                               '@attnbench.variant(like="full", source="…")')

    def declare(target):
        declared.append(Declared(target, place_of(target), like, source, summary, name, takes, supports, needs,
                                 visible_keys, definition, cost, params, theory))
        return target

    return declare


def optional(package):
    """The module of this name, or None if it is not installed. Name it in `needs` as well."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name and f"{package}.".startswith(f"{error.name}."):
            return None
        raise


def whole_param(place, name, given):
    """A param as (name, default, least, most, what it means)."""
    def require(holds, text):
        if not holds:
            raise DeclarationError(place, f"params={{{name!r}: …}}: {text}")

    require(isinstance(name, str) and name.isidentifier(), "a name has letters, digits and _, a letter first")
    require(isinstance(given, tuple) and len(given) == 4 and all(isinstance(n, int) for n in given[:3])
            and isinstance(given[3], str), "expected (default, least, most, 'what it means')")
    default, least, most, _ = given
    require(-2**63 <= least <= default <= most < 2**63,
            f"the default {default} is not from {least} to {most}, as whole numbers of 64 bits")
    return (name, *given)


def takes_bits(place, takes):
    names = [takes] if isinstance(takes, str) else list(takes)
    for name in names:
        if name not in TAKES:
            raise DeclarationError(place, f"takes={name!r}: expected some of {', '.join(map(repr, TAKES))}")
    return sum(TAKES[name] for name in set(names))


def takes_arguments(function, names):
    try:
        inspect.signature(function).bind(*names)
    except TypeError:
        return False
    except ValueError:
        pass  # A built-in function does not say what it takes.
    return True


def first_line(text):
    return (text or "").strip().partition("\n")[0].strip()


def place_of(target):
    code = getattr(inspect.unwrap(target), "__code__", None)
    if code is not None:
        return Place(code.co_filename, code.co_firstlineno)
    try:
        return Place(inspect.getsourcefile(target), inspect.getsourcelines(target)[1])
    except (TypeError, OSError):
        return Place(getattr(target, "__module__", "?"), "?")


class Call:
    """What a variant is asked to do. The same object comes with each call of one problem."""

    __slots__ = ("batch", "heads", "kv_heads", "q_len", "kv_len", "head_dim", "dtype", "kv_dtype", "causal", "scale",
                 "softcap", "alibi", "threads", "params", "list", "_mask", "_spans")

    def __init__(self, **facts):
        for name, value in facts.items():
            setattr(self, name, value)

    def __repr__(self):
        return "Call(" + ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__ if name[0] != "_") + ")"

    def position(self, query):
        """The key position that a query stands at: the last query is aligned with the last key."""
        return query + self.kv_len - self.q_len

    def mask(self):
        """Which query sees which key: an array of bool [q_len, kv_len]."""
        self._require_keys()
        return self._mask()

    def spans(self, query):
        """The keys that a query sees, as a list of (begin, end, step): begin, begin + step, … below end."""
        self._require_keys()
        return self._spans(query)

    def _require_keys(self):
        if not hasattr(self, "_mask"):
            raise AttributeError("a call has mask() and spans() only in a variant whose like= or visible_keys= says which "
                                 "keys a query sees, and there only in supports, setup and forward")
