"""State in SQLite or PostgreSQL: people, the inbox with its outbox, versions of the knowledge."""
