"""Random test files: every way of writing a status that the plugin reads, in every mixture."""

from __future__ import annotations

import random

STATUSES = ("capability", "regression", "saturated")
HEADS = ("import pytest", "import pytest as pt", "import pytest\nfrom pytest import mark, param")


class Writer:
    """Writes one file."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.head = self.random.choice(HEADS)
        self.pytest = "pt" if "as pt" in self.head else "pytest"
        #: Whether parameters may have a status: two axes of one test may not contradict each other.
        self.saying = True
        self.shared: list[str] = []

    def mark(self) -> str:
        short = "mark, param" in self.head and self.random.random() < 0.5
        return f"{'mark' if short else f'{self.pytest}.mark'}.{self.random.choice(STATUSES)}{self.maybe('()', 0.2)}"

    def maybe(self, text: str, chance: float) -> str:
        return text if self.random.random() < chance else ""

    def marks(self) -> str:
        slow = f"{self.pytest}.mark.slow"
        mark = self.random.choice([self.mark(), slow]) if self.saying else slow
        both = f"{slow}, {mark}"
        return self.random.choice([mark, f"[{mark}]", f"[{both}]", f"({mark},)", "[]", f"[\n    {both},  # both\n]"])

    def value(self, number: int) -> str:
        one = [
            str(number),
            f'"word {number}"',
            f"'é{number}'",
            "None",
            f"{number}.5",
            f'{{"a": {number}}}',
            f"-{number + 1}",
        ]
        return self.random.choice(one)

    def param(self, number: int, *, several: bool) -> str:
        values = f"{self.value(number)}, {number}" if several else self.value(number)
        if self.random.random() < 0.4:
            return f"({values})" if several else values
        name = self.random.choice(["param", "pytest.param"]) if "mark, param" in self.head else f"{self.pytest}.param"
        given = [values]
        if self.random.random() < 0.6:
            given.append(f'id="p{number}"')
        if self.random.random() < 0.5:
            given.append(f"marks={self.marks()}")
        style = self.random.choice(["{}", "\n    {},\n", "\n    {}  # last\n"])
        return f"{name}({style.format((',' + self.random.choice([' ', chr(10) + '    '])).join(given))})"

    def params(self, count: int, *, several: bool) -> str:
        inner = [self.param(number, several=several) for number in range(count)]
        if self.random.random() < 0.3:
            return f"[{', '.join(inner)}]"
        lines = "".join(f"    {each},{self.maybe('  # why', 0.3)}\n" for each in inner)
        return f"[\n{lines}]"

    def function(self, name: str, indent: str, *, inside: bool) -> str:
        arguments, decorators = ["self"] if inside else [], []
        for axis in range(self.random.choice([0, 1, 1, 1, 2])):
            self.saying = axis == 0
            several = self.random.random() < 0.3
            names = [f"a{axis}", f"b{axis}"] if several else [f"a{axis}"]
            count = self.random.randint(1, 4)
            params = self.params(count, several=several)
            ids = self.maybe(f", ids={[f'i{axis}{n}' for n in range(count)]}", 0.3)
            if self.shared and axis == 0 and self.random.random() < 0.5:
                names, params, ids = ["a0"], self.random.choice(self.shared), ""
            decorators.append(f'@{self.pytest}.mark.parametrize("{",".join(names)}", {params}{ids})')
            arguments += names
        decorators.append(self.maybe(f"@{self.mark()}{self.maybe('  # of all', 0.3)}", 0.4))
        self.random.shuffle(decorators)
        text = "\n".join([*filter(None, decorators), f"def {name}({', '.join(arguments)}):", "    pass", "", ""])
        return "".join(f"{indent}{line}\n" if line else "\n" for line in text.split("\n"))

    def text(self) -> str:
        parts = [f"{self.head}\n\n", f'pytestmark = [{self.pytest}.mark.dimension("accuracy")']
        parts.append(f"{self.maybe(f', {self.mark()}', 0.3)}]\n\n")
        for name in ("CASES", "MORE")[: self.random.randint(0, 2)]:
            self.saying = True
            parts.append(f"{name} = {self.params(3, several=False)}\n\n")
            self.shared.append(name)
        parts += [self.function(f"test_{n}", "", inside=False) for n in range(self.random.randint(1, 3))]
        for name in ("TestA", "TestB")[: self.random.randint(0, 2)]:
            base = "(TestA)" if name == "TestB" and self.random.random() < 0.5 else ""
            parts.append(self.maybe(f"@{self.mark()}\n", 0.3))
            parts.append(f"class {name}{base}:\n")
            parts.append(self.maybe(f"    pytestmark = {self.pytest}.mark.slow\n\n", 0.3))
            parts += [self.function(f"test_{n}", "    ", inside=True) for n in range(self.random.randint(1, 3))]
        return "".join(parts)
