"""From tidy tables to numbers: means, intervals, differences, relations; nothing is drawn."""
