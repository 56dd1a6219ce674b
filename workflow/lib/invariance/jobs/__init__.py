"""Around the work of any job: its log, its device, the settings it takes, what it asks for."""
