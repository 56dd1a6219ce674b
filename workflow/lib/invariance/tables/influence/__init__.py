"""Tables of the study of source classes: orders of removal, reliability, and cheaper predictors."""
