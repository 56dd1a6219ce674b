"""What jobs leave behind: records, the tidy tables made of them, accuracy and cost."""
