"""What a server says, made fit for a person's terminal."""

MOST = 300


def plain(text: object) -> str:
    """One line without control characters: what a server sends must not move the cursor or repaint the screen."""
    shown = "".join(letter if letter.isprintable() else " " for letter in str(text)[: MOST * 4])
    folded = " ".join(shown.split())
    return folded if len(folded) <= MOST else folded[:MOST] + "…"


def duration(seconds: float) -> str:
    """In the largest unit that says it well: "40 seconds", "59 minutes", "3 days"."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and unit != "minute"):
            return counted(int(seconds // size), unit)
    return counted(max(0, int(seconds)), "second")


def counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
