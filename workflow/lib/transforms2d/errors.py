"""Errors that are meant to be read by a person: one line that says where, what and what to do."""


class UserError(ValueError):
    """Bad input from a person: a setting, a file, a folder. The message is one line."""


class DamagedFileError(UserError):
    """A file of ours whose content is not what was written."""
