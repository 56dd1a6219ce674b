"""Each study's tidy table as cells of the published values, one module per study."""
