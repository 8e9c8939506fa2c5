"""Reports as one page for a browser, which needs nothing else to be read."""

from pathlib import Path

from bot.cli.output import words
from bot.core.ports import BotError


def write_page(path: Path, name: str, **values: object) -> None:
    """Fill in a page and write it.

    Raises:
        BotError: the file cannot be written.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader("bot.cli.pages", "."), autoescape=True, undefined=StrictUndefined
    )
    page = pages.get_template(f"{name}.html").render(words=words(), **values)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BotError("file_unwritable", path=path, reason=error) from error
