"""What the core uses: knowledge, models, prompts, state."""
