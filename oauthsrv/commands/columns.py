"""Lists on a terminal."""

from collections.abc import Sequence


def in_columns(rows: Sequence[Sequence[object]]) -> list[str]:
    """Each row as one line; every column but the last as wide as its widest cell."""
    texts = [[" ".join(str(cell).split()) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, [*widths[:-1], 0], strict=True)) for row in texts]
