"""User codes, which a device shows and a person types in a browser (RFC 8628 §6.1)."""

import hmac
import re
import secrets
import unicodedata

# No vowels, so that no code is a word; no Q, which looks like O and 0. Eight of them are 34 bits.
ALPHABET = "BCDFGHJKLMNPRSTVWXZ"
LENGTH = 8
USER_CODE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
# Replacements for typed characters that look like a letter: digits, unused letters, letters of other alphabets.
GREEK_AND_CYRILLIC = (
    "\u0392\u0412\u0421\u0397\u041d\u039a\u041a\u039c\u041c\u039d\u03a1\u0420\u03a4\u0422\u03a7\u0425\u0396"
)
LOOK_ALIKES = str.maketrans(f"012568IOQUY{GREEK_AND_CYRILLIC}", "DLZSGBLDDVVBBCHHKKMMNPPTTXXZ")


def new_user_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_user_code(typed: str) -> str | None:
    """The code that a person meant, in either case, with or without dashes and spaces; None if it can't be one."""
    text = unicodedata.normalize("NFKC", typed[: 8 * LENGTH]).upper().translate(LOOK_ALIKES)
    code = "".join(letter for letter in text if letter.isalnum())
    return code if USER_CODE.fullmatch(code) else None


def shown(code: str) -> str:
    """The code in two halves, such as WDJB-MJHT."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def hash_user_code(code: str, key: str) -> bytes:
    """The hash that is stored, under the server's key, as all possible codes can be tried within a minute."""
    return hmac.digest(key.encode(), b"oauthsrv user code\0" + code.encode(), "sha256")
