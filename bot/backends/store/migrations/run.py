"""Brings the tables up to date; imported only where they are not."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


def revisions() -> list[str]:
    """Return every revision, newest first."""
    return [script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()]


def upgrade(connection: Connection) -> None:
    """Run the changes that are missing, in the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
