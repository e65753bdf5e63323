"""Kassenzeichen: the number by which the city's cash office knows a claim.

Prefix (2 to 4 digits) ‖ year (2) ‖ running number (7) ‖ check digit of ISO 7064 MOD 11,10.
"""


def kassenzeichen(prefix: str, year: int, number: int) -> str:
    """For example prefix 4711, 2026, 12 → `471126000001` + `2` + check digit. Raises ValueError."""
    if not (prefix.isdigit() and 2 <= len(prefix) <= 4):
        raise ValueError("the prefix has 2 to 4 digits")
    if not 1 <= number <= 9_999_999:
        raise ValueError("the running number has at most 7 digits")
    body = f"{prefix}{year % 100:02d}{number:07d}"
    return body + str(_check_digit(body))


def is_kassenzeichen(text: str) -> bool:
    """Whether the check digit is right."""
    return len(text) > 1 and text.isdigit() and _check_digit(text[:-1]) == int(text[-1])


def _check_digit(body: str) -> int:
    """ISO 7064, hybrid system MOD 11,10: each digit is added modulo 10, the sum doubled modulo 11."""
    check = 10
    for digit in body:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return (11 - check) % 10
