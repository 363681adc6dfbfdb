"""Every sentence a user reads."""
