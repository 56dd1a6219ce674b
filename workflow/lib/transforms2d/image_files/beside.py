"""Files of file managers, cameras and servers in folders of images: they are ignored everywhere."""

IGNORED = (
    *("desktop.ini", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "picasa.ini"),
    *("icon\r", "desktop db", "desktop df", "__macosx", "__pycache__", "lost+found"),
    *("network trash folder", "temporary items", "thumbs.db:encryptable"),
    *("@eadir", "@__thumb", "@tmp", "@recycle", "#recycle", "#snapshot", "$recycle.bin"),
    *("system volume information", "sync.ffs_db"),
)
NOTES = (".csv", ".html", ".json", ".md", ".txt", ".xml")  # notes about images


def is_left_out(name: str) -> bool:
    """Whether a file or folder of this name is ignored in folders of images."""
    return name.startswith(".") or name.lower() in IGNORED


def is_note(name: str) -> bool:
    """Whether a file is a note about images, by its suffix."""
    return name.lower().endswith(NOTES)
