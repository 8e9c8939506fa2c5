"""What the simulator remembers: people, chats, messages, waiting updates."""
