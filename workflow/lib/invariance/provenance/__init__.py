"""The sources of results, and checks that existing files were made from the requested ones."""
