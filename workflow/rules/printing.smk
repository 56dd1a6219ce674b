# How much of a job's inputs, and of why it runs, is printed: a folder of images may hold 60,000.
SHOWN_FILES = 20
SHOWN_SIGNS = 1000


class ShortensLists(logging.Filter):
    """Leaves Snakemake's lines about a job at a length that can be read; all files are tracked."""

    def filter(self, record):
        files, reason = getattr(record, "input", None), getattr(record, "reason", None)
        if isinstance(files, list) and len(files) > SHOWN_FILES:
            record.input = [*files[:SHOWN_FILES], f"... ({len(files):,} in all)"]
        if isinstance(reason, str) and len(reason) > SHOWN_SIGNS:
            record.reason = reason[:SHOWN_SIGNS].rsplit(", ", 1)[0] + ", ..."
        return True


logger.addFilter(ShortensLists())
