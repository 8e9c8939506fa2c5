"""What people do in their chats, for the page, tests and other programs."""
