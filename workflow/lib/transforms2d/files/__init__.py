"""Files that appear whole or not at all, and that notice when they were damaged."""
