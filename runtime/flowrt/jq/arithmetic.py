"""The mathematics of jq, and how plain functions become functions of a program."""

import math
from collections.abc import Callable
from decimal import Context, Decimal, localcontext
from typing import Any

from flowrt.java.values import LONG_MAX, LONG_MIN
from flowrt.jq import values as jv
from flowrt.jq.env import Argument, Env
from flowrt.jq.natives import Native, expect, expect_argument, plain
from flowrt.jq.paths import Emit, Path
from flowrt.jq.values import is_number


def _math(function: Callable[[float], float]) -> Native:
    def apply(v: Any) -> Any:
        expect("mathfunc", v, "number")
        try:
            return float(function(float(v)))
        except ValueError:
            return math.nan
        except OverflowError:
            return math.inf

    return plain(apply)


def _round(v: float) -> float:
    if v != v or abs(v) == math.inf:
        return v
    rounded = math.floor(abs(v) + 0.5) * (1 if v >= 0 else -1)
    return float(max(LONG_MIN, min(LONG_MAX, rounded)))  # of 64 bits, as Java rounds


def _log(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda v: -math.inf if v == 0 else function(v)


def _cbrt(v: float) -> float:
    if v != v or abs(v) == math.inf or v == 0:
        return v
    # closer than the library of C, as Java's is
    with localcontext(Context(prec=40)):
        return math.copysign(float(Decimal(abs(v)) ** (Decimal(1) / 3)), v)


def _same_if_infinite(function: Callable[[float], int]) -> Callable[[float], float]:
    # a zero keeps the sign of what was rounded
    return lambda v: (
        v if v != v or abs(v) == math.inf else float(function(v)) or math.copysign(0, v)
    )


def _two_numbers(name: str, function: Callable[[float, float], float]) -> Native:
    def call(
        env: Env, args: list[Argument], v: Any, path: Path | None, emit: Emit, need: bool
    ) -> None:
        def apply(a: Any, b: Any) -> None:
            expect_argument(name, 0, a, "number")
            expect_argument(name, 1, b, "number")
            try:
                emit(jv.numeric(function(float(a), float(b))), None)
            except OverflowError:
                emit(math.inf, None)
            except (ValueError, ZeroDivisionError):
                emit(math.nan, None)

        args[0](v, lambda a: args[1](v, lambda b: apply(a, b)))

    return call


def _is_normal(v: Any) -> Any:
    size = abs(float(v)) if is_number(v) else 0.0
    return 2.2250738585072014e-308 <= size < math.inf


def _is_nan(v: Any) -> Any:
    return is_number(v) and float(v) != float(v)


def _is_infinite(v: Any) -> Any:
    return is_number(v) and abs(float(v)) == math.inf


MATHEMATICS: dict[str, Native] = {
    "infinite/0": plain(lambda v: math.inf),
    "nan/0": plain(lambda v: math.nan),
    "isnan/0": plain(_is_nan),
    "isinfinite/0": plain(_is_infinite),
    "isnormal/0": plain(_is_normal),
    "pow/2": _two_numbers("pow/2", math.pow),
    "atan2/2": _two_numbers("atan2/2", math.atan2),
    "floor/0": _math(_same_if_infinite(math.floor)),
    "ceil/0": _math(_same_if_infinite(math.ceil)),
    "round/0": _math(_round),
    "sqrt/0": _math(math.sqrt),
    "cbrt/0": _math(_cbrt),
    "exp/0": _math(math.exp),
    "exp2/0": _math(lambda v: math.pow(2, v)),
    "exp10/0": _math(lambda v: math.pow(10, v)),
    "expm1/0": _math(math.expm1),
    "log/0": _math(_log(math.log)),
    "log2/0": _math(_log(lambda v: math.log10(v) / math.log10(2))),
    "log10/0": _math(_log(math.log10)),
    "log1p/0": _math(math.log1p),
    "sin/0": _math(math.sin),
    "cos/0": _math(math.cos),
    "tan/0": _math(math.tan),
    "asin/0": _math(math.asin),
    "acos/0": _math(math.acos),
    "atan/0": _math(math.atan),
    "sinh/0": _math(math.sinh),
    "cosh/0": _math(math.cosh),
    "tanh/0": _math(math.tanh),
}
"""Name and number of arguments → function."""
