"""The tables as they are now; `migrations` says how they came about.

Times named `at` and `until` are seconds since the epoch, but for votes, versions and what is live,
whose `at` is an ISO date and time.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

METADATA = MetaData()

_Counted = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys only.

person = Table(
    "person",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("language", Text, nullable=False),
)

vote = Table(
    "vote",
    METADATA,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("card", Text, nullable=False),
    Column("vote", Text, nullable=False),
    Column("at", Text, nullable=False),
)

version = Table(
    "version",
    METADATA,
    Column("id", _Counted, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False),
    Column("embeddings", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text),  # Who had it published.
    sqlite_autoincrement=True,
)

live = Table(
    "live",
    METADATA,
    Column("only", Integer, CheckConstraint('"only" = 1'), primary_key=True, autoincrement=False),
    Column("version", BigInteger, ForeignKey("version.id")),
    Column("considered", Text, nullable=False),
    Column("by", Text),  # Who made it the live one,
    Column("at", Text),  # and when.
)

inbox = Table(
    "inbox",
    METADATA,
    # Telegram's update_id; below 0 what the bot sends by itself.
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat", BigInteger, nullable=False),  # 0 once it is done.
    Column("person", BigInteger, nullable=False),  # Who wrote; likewise.
    Column("state", Text, nullable=False),  # waiting, done or dead
    Column("raw", LargeBinary),  # The update, encrypted; gone once it is done.
    Column("calls", LargeBinary),  # What is to be sent in answer, encrypted; likewise.
    Column("sent", SmallInteger, nullable=False),  # How many of the calls were made.
    Column("attempts", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),  # Why it is dead.
    Column("at", Float, nullable=False),  # When it came in; when it was done, once it is.
    Index("inbox_waiting", "state", "chat", "id"),
)

question = Table(
    "question",
    METADATA,
    Column("id", _Counted, primary_key=True),
    Column("person", BigInteger, nullable=False, index=True),
    Column("at", Float, nullable=False, index=True),
    Column("text", LargeBinary, nullable=False),  # Masked, and encrypted.
    Column("language", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("confidence", Float),
    Column("chat", BigInteger, nullable=False, server_default="0"),
    Column("message", BigInteger, nullable=False, server_default="0"),  # Telegram's message_id.
)

reply = Table(  # Which messages answered a message, for when it is edited.
    "reply",
    METADATA,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("message", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, nullable=False, index=True),
    Column("replies", Text, nullable=False),  # Their numbers, as a JSON list.
    Column("at", Float, nullable=False, index=True),
)

wish = Table(
    "wish",
    METADATA,
    Column("id", _Counted, primary_key=True),  # Never given twice: a letter is named by it.
    Column("person", BigInteger, nullable=False, index=True),
    Column("chat", BigInteger, nullable=False),
    Column("message", BigInteger, nullable=False),  # Under which it was wished.
    Column("text", LargeBinary, nullable=False),  # The question, masked, and encrypted.
    Column("language", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("told", Float),  # When the answer went to the outbox; nothing while it is wished for.
    sqlite_autoincrement=True,
)

place = Table(
    "place",
    METADATA,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("step", Text, nullable=False),  # Empty once it is finished.
    Column("kept", LargeBinary, nullable=False),  # What was answered on the way, encrypted.
    Column("update", BigInteger, nullable=False),
    Column("at", Float, nullable=False),
)

reminder = Table(
    "reminder",
    METADATA,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("zone", SmallInteger, nullable=False),  # Hours ahead of Greenwich.
    Column("journey", Text, nullable=False),
    Column("at", Float, nullable=False, index=True),  # 0 once they were reminded.
)

poll = Table(  # Which quiz was asked of whom, as which poll.
    "poll",
    METADATA,
    Column("id", Text, primary_key=True),  # The channel's.
    Column("person", BigInteger, nullable=False, index=True),
    Column("lesson", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("options", Text, nullable=False),  # Their names, as a JSON list.
    Column("right", SmallInteger, nullable=False),
    Column("chosen", SmallInteger),
    Column("at", Float, nullable=False),
)

ticket = Table(
    "ticket",
    METADATA,
    Column("id", _Counted, primary_key=True),  # Never given twice: staff and people name it.
    Column("person", BigInteger, nullable=False, index=True),
    Column("language", Text, nullable=False),
    Column("state", Text, nullable=False),  # open or closed
    Column("update", BigInteger, nullable=False),  # The one that opened it,
    Column("moved", BigInteger, nullable=False),  # and that changed its state last.
    Column("opened", Float, nullable=False),
    Column("closed", Float),
    Column("topic", BigInteger),  # Where its messages stand; 0: where all do; NULL: not known.
    sqlite_autoincrement=True,
)

ticket_words = Table(  # What was said about it.
    "ticket_words",
    METADATA,
    Column("ticket", BigInteger, primary_key=True, autoincrement=False),
    Column("update", BigInteger, primary_key=True, autoincrement=False),
    Column("by", Text, nullable=False),  # person or staff
    Column("text", LargeBinary, nullable=False),  # Encrypted; what a person said is masked.
    Column("at", Float, nullable=False),
)

subscriber = Table(  # Who wants announcements.
    "subscriber",
    METADATA,
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("language", Text, nullable=False),
    Column("at", Float, nullable=False),
)

announcement = Table(
    "announcement",
    METADATA,
    Column("id", _Counted, primary_key=True),
    Column("author", BigInteger, nullable=False),
    Column("text", LargeBinary, nullable=False),  # Encrypted.
    Column("state", Text, nullable=False),  # draft, going, stopped or done
    Column("at", Float, nullable=False),
    sqlite_autoincrement=True,
)

delivery = Table(
    "delivery",
    METADATA,
    Column("announcement", BigInteger, primary_key=True, autoincrement=False),
    Column("person", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Float),  # When it went to the outbox.
)

seller = Table(
    "seller",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),  # A person.
    Column("seller", Text, nullable=False),  # overseas or local.
)

product_model = Table(
    "product_model",
    METADATA,
    Column("id", Text, primary_key=True),  # By the families that it sorts.
    Column("model", LargeBinary, nullable=False),
    Column("at", Float, nullable=False),
)

claim = Table(
    "claim",
    METADATA,
    Column("chat", BigInteger, primary_key=True, autoincrement=False),
    Column("worker", BigInteger, nullable=False, index=True),
)

rate = Table(
    "rate",
    METADATA,
    Column("scope", Text, primary_key=True),
    Column("until", Float, nullable=False),
)

trouble = Table(
    "trouble",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("at", Float, nullable=False),
    Column("detail", Text, nullable=False),
)

secret = Table(
    "secret",
    METADATA,
    Column("only", Integer, CheckConstraint('"only" = 1'), primary_key=True, autoincrement=False),
    Column("fingerprint", Text, nullable=False),  # Of the key that people's texts are kept with.
)

upload = Table(
    "upload",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("person", BigInteger, nullable=False, index=True),  # Who sent it, and may publish it.
    Column("at", Float, nullable=False),
    Column("content", LargeBinary),  # The file with its place, encrypted; gone once it is used.
    Column("version", BigInteger),  # What it was published as.
)

told = Table(
    "told",
    METADATA,
    Column("name", Text, primary_key=True),  # What program staff were told of last,
    Column("value", Text, nullable=False),  # what of it,
    Column("at", Float, nullable=False),  # and when.
)
