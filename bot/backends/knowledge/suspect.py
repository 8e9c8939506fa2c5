"""What must not stand in a knowledge file: personal data, instructions to a model, hidden text."""

import re
import unicodedata
from collections.abc import Iterator

from bot.backends.knowledge.findings import Finding
from bot.backends.knowledge.markdown import lines_of
from bot.core.masking import found

_MAY_HOLD = re.compile(r"\d{4}|\d.\d|@")
_ADDRESS = re.compile(r"https?://\S+")
_MOBILE = re.compile(r"(\+?62|0)8|1[3-9]")
_MAILBOX = re.compile(
    r"@(gmail|googlemail|yahoo|ymail|rocketmail|hotmail|outlook|live|icloud|proton|qq|163|126)\.",
    re.IGNORECASE,
)
"""Where people have mailboxes; an office's own address is no personal data."""

_HIDDEN = frozenset({"Cf", "Co", "Cn", "Cs"})  # Formatting, private and unassigned characters.
_JOINERS = "\u200d\ufeff"  # Inside emoji, and where an editor's mark was kept.

_BEFORE = r"(previous|prior|above|earlier|preceding|system|all|any|your)"
_INSTRUCTIONS = tuple(
    (signs.split("|"), re.compile(pattern, re.IGNORECASE))
    for signs, pattern in (
        (
            "<|inst]|system|instruction|prompt",
            r"<\|\w+\|>|\[/?INST\]|</?(system|instructions?|prompt)>",
        ),
        ("<<", r"<</?SYS>>"),
        ("system|assistant|user", r"^\s*[*_]*(system|assistant|user)[*_]*\s*[:：]"),
        (
            "ignore|disregard|forget|override",
            rf"\b(ignore|disregard|forget|override)\b[^.\n]{{0,30}}\b{_BEFORE}\b[^.\n]{{0,30}}"
            r"\b(instruction|prompt|rule|guideline|message)s?\b",
        ),
        ("system|developer", r"\b(system|developer) (prompt|message|instruction)s?\b"),
        (
            "you are now|act as a|as an ai",
            r"\byou are now\b|\bact as an? (ai|assistant|model|chatbot)\b|\bas an ai\b",
        ),
        (
            "user|reader",
            r"\b(do not|don't|never) (tell|reveal|mention|say)\b[^.\n]{0,30}\b(user|reader)s?\b",
        ),
        (
            "abaikan|lupakan|hiraukan|langgar",
            r"\b(abaikan|lupakan|hiraukan|langgar)\b[^.\n]{0,30}"
            r"\b(instruksi|perintah|arahan|aturan|prompt)\b[^.\n]{0,20}"
            r"\b(sebelum(nya)?|di atas|sistem|awal|tadi|apa ?pun)\b",
        ),
        ("sistem", r"\b(instruksi|perintah|prompt) sistem\b"),
        ("sekarang|kini", r"\b(kamu|anda|engkau) (sekarang|kini) (adalah|menjadi)\b"),
        (
            "jangan",
            r"\bjangan (beri tahu|beritahu|ungkapkan|sebutkan)\b[^.\n]{0,30}"
            r"\b(pengguna|penanya|pembaca)\b",
        ),
        ("忽略|无视|忘记", r"(忽略|无视|忘记)[^。\n]{0,10}(指令|提示|规则|要求)"),
        ("系统提示|你现在是|不要告诉", r"系统提示|你现在是|不要告诉(用户|读者)"),
    )
)
"""What tells a model what to do, with words of which it holds one, in small letters.

Where a file holds none of them, its lines are not looked at for the rest.
"""


def suspect_findings(text: str, *, file: str) -> Iterator[Finding]:
    """Yield what in a file's text nobody who only reads it would want to go live."""
    folded = text.casefold()
    orders = [pattern for signs, pattern in _INSTRUCTIONS if any(sign in folded for sign in signs)]
    for number, line in enumerate(lines_of(text), 1):
        if data := _personal(_ADDRESS.sub(" ", line)):
            yield Finding(file, number, "PERSONAL_DATA", {"found": data})
        if match := next(filter(None, (order.search(line) for order in orders)), None):
            yield Finding(file, number, "MODEL_INSTRUCTION", {"found": match[0].strip()})
        if code := _hidden(line):
            yield Finding(file, number, "HIDDEN_TEXT", {"found": code})


def _personal(line: str) -> str:
    """Return a person's number or address that stands in a line, or nothing."""
    if not _MAY_HOLD.search(line):
        return ""
    for kind, data in found(line, {"email", "phone", "number"}):
        digits = re.sub(r"[^\d+]", "", data)
        is_office = (kind == "email" and not _MAILBOX.search(data)) or (
            kind == "phone" and not _MOBILE.match(digits)
        )
        if not is_office:
            return data
    return ""


def _hidden(line: str) -> str:
    """Return the code of a character that nobody sees, or nothing."""
    for character in "" if line.isascii() else line:
        if unicodedata.category(character) in _HIDDEN and character not in _JOINERS:
            return f"U+{ord(character):04X}"
    return "<!--" if "<!--" in line else ""
