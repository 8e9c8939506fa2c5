"""Where the words are."""

from pathlib import Path

_SHIPPED = tuple(folder / "prompts" for folder in Path(__file__).parents[1:3])


def prompts_folder(chosen: Path) -> Path:
    """Return the folder of words: the chosen one, else the one that came with the program."""
    if chosen.is_dir() or chosen != Path("prompts"):
        return chosen
    return next((folder for folder in _SHIPPED if folder.is_dir()), chosen)


def template_folder() -> Path:
    """Return the start of a knowledge folder, which came with the program."""
    return next(folder for folder in _SHIPPED if folder.is_dir()) / "new-knowledge"
