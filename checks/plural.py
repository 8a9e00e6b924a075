"""How much of something there is, in words."""


def plural(number: int, word: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {word}{'' if number == 1 else 's'}"
