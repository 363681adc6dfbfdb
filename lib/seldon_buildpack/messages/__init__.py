"""All texts that are shown to the user."""
