"""What the command `lrsearch` does: running programs, options, tables on the terminal."""
