"""Where the words are."""

from pathlib import Path


def prompts_folder(chosen: Path) -> Path:
    """Return the folder of words: the chosen one, else the one that came with the program."""
    here = Path(__file__).parent.parent
    shipped = (here / "prompts", here.parent / "prompts")
    if chosen.is_dir() or chosen != Path("prompts"):
        return chosen
    return next((folder for folder in shipped if folder.is_dir()), chosen)
