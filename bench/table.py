"""A table that reads well in a terminal and is Markdown."""

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(c.rjust(w) for c, w in zip(cells, widths, strict=True)) + " |\n"

    rule = "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|\n"
    return line(head) + rule + "".join(line(row) for row in rows)
