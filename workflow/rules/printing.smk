# Limits on the printed inputs and reasons of a job: a folder of images may hold 60,000 files.
SHOWN_FILES = 20
SHOWN_CHARACTERS = 1000


class ShortensLists(logging.Filter):
    """Shortens Snakemake's lines about a job to a readable length. All files are still tracked."""

    def filter(self, record):
        files, reason = getattr(record, "input", None), getattr(record, "reason", None)
        if isinstance(files, list) and len(files) > SHOWN_FILES:
            record.input = [*files[:SHOWN_FILES], f"... ({len(files):,} in all)"]
        if isinstance(reason, str) and len(reason) > SHOWN_CHARACTERS:
            record.reason = reason[:SHOWN_CHARACTERS].rsplit(", ", 1)[0] + ", ..."
        return True


logger.addFilter(ShortensLists())
