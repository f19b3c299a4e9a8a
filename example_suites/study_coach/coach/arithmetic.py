"""Exercises with numbers: sums of fractions, linear equations and loops that add up."""

import math
import re
from fractions import Fraction

from .exercise import Exercise

_FRACTIONS = re.compile(r"(\d+)/(\d+)\s*([+*-]|plus|minus|times)\s*(\d+)/(\d+)")
_SIGNS = {"plus": "+", "minus": "-", "times": "*"}
_EQUATION = re.compile(r"(\d*)x\s*([+-]\s*\d+)?\s*=\s*(\d*x)?\s*([+-]?\s*\d+)")
_LOOP = re.compile(r"for (\w+) in range\((\d+)(?:, ?(\d+))?\):\s*(\w+) ?([+*])= ?\1")


def fractions(text: str) -> Exercise | None:
    """`1/2 + 1/3`, and the like."""
    if not (found := _FRACTIONS.search(text)):
        return None
    a, b, sign, c, d = found.groups()
    sign = _SIGNS.get(sign, sign)
    one, other = Fraction(int(a), int(b)), Fraction(int(c), int(d))
    if sign == "*":
        return Exercise(
            "fractions",
            method="Fractions are multiplied numerator by numerator and denominator by denominator.",
            ask=f"What do you get when you multiply the numerators {a} and {c}?",
            step=f"{int(a) * int(c)}/{int(b) * int(d)}",
            then="Can the numerator and the denominator still be divided by the same number?",
            solution=str(one * other),
            similar="2/3 * 3/5: the numerators give 6 and the denominators 15, so 6/15, which is 2/5.",
        )
    common = math.lcm(int(b), int(d))
    total = one + other if sign == "+" else one - other
    return Exercise(
        "fractions",
        method="Parts have to be of the same size before they can be counted together: find a common denominator.",
        ask=f"Which number do both {b} and {d} divide?",
        step=f"{one * common}/{common} and {other * common}/{common}",
        then="The parts are equal now: what becomes of the numerators?",
        solution=str(total),
        similar="1/4 + 2/5: the common denominator is 20, so 5/20 + 8/20 = 13/20.",
    )


def equations(text: str) -> Exercise | None:
    """`3x + 4 = 19`, also with x on both sides."""
    if not (found := _EQUATION.search(text)):
        return None
    factor, add, right, number = (re.sub(r"[x\s]", "", part or "") for part in found.groups())
    a, b = int(factor or 1), int(add or 0)
    c, d = int(right or 1) if found[3] else 0, int(number)
    if a == c:
        return None
    moved = f"add {-b} to" if b < 0 else f"subtract {b} from"
    start = f"What could you {moved} both sides?" if b else "How could you free x of the number in front of it?"
    return Exercise(
        "linear equations",
        method="Keep the balance: what you do to one side, you do to the other.",
        ask=start if not c else f"How could you bring the {c}x to the other side?",
        step=f"{a - c}x = {d - b}",
        then="Which operation undoes the multiplication in front of x?",
        solution=f"x = {Fraction(d - b, a - c)}",
        similar="2x + 3 = 27: subtract 3 from both sides, so 2x = 24. Divide both by 2, so x = 12.",
    )


def loops(text: str) -> Exercise | None:
    """`for i in range(1, 5): total += i`: what does it add up to?"""
    if not (found := _LOOP.search(text)):
        return None
    name, first, stop, total, sign = found.groups()
    values = list(range(int(first), int(stop))) if stop else list(range(int(first)))
    return Exercise(
        "loops in Python",
        method=f"Follow the loop round by round in a table with a column for {name} and one for {total}.",
        ask=f"Which value does {name} have in the first round, and which in the last?",
        step=f"{name} takes the values {', '.join(map(str, values))}",
        then=f"What is {total} after the second round?",
        solution=str(sum(values) if sign == "+" else math.prod(values)),
        similar="for n in range(2, 4): total += n. Here n is 2 and then 3, so total becomes 2 and then 5.",
    )
