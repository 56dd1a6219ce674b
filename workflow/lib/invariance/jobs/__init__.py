"""The frame of any job: its log, its device, its settings, its memory and time."""
