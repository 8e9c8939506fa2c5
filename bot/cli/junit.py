"""Results of conversations as JUnit XML, which CI reads."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from bot.cli.transcripts import lines, missed, shown_form
from bot.core.ports import BotError

if TYPE_CHECKING:
    from bot.channels.scripts.results import Result

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, results: "Sequence[Result]") -> None:
    """Write the results: a failure of the content as `failure`, of the system as `error`.

    Raises:
        BotError: the file cannot be written.
    """
    suite = Element("testsuite", name="akar converse", tests=str(len(results)))
    for kind in ("failure", "error", "skipped"):
        count = sum(_kind(result) == kind for result in results)
        suite.set({"failure": "failures", "error": "errors"}.get(kind, kind), str(count))
    suite.set("time", f"{sum(result.seconds for result in results):.3f}")
    for result in results:
        _add(suite, result)
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    try:
        ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise BotError("file_unwritable", path=path, reason=error) from error


def _add(suite: Element, result: "Result") -> None:
    conversation = result.case.conversation
    form = shown_form(result.case)
    name = f"{conversation.name} «{form}»" if form else conversation.name
    values = {
        "classname": conversation.path.with_suffix("").as_posix(),
        "name": _clean(name),
        "file": conversation.path.as_posix(),
        "line": str(conversation.line),
        "time": f"{result.seconds:.3f}",
    }
    case = SubElement(suite, "testcase", values)
    if kind := _kind(result):
        told = SubElement(case, kind, message=_clean(_message(result)))
        told.text = _clean("\n".join(_plain(line) for line in lines(result)))


def _kind(result: "Result") -> str:
    match result.status:
        case "passed":
            return ""
        case "known":
            return "skipped"
        case _:
            return "error" if result.failure and result.failure.kind == "system" else "failure"


def _message(result: "Result") -> str:
    if result.status == "known" or not result.failure:
        return result.case.conversation.expected_failure
    return "; ".join(missed(each) for each in result.failure.unmet)


def _plain(parts: tuple[str | tuple[str, str], ...]) -> str:
    return "".join(part if isinstance(part, str) else part[0] for part in parts)


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
