"""Tables of the study of learnt invariances, one module each, as ``tables.layout`` asks for."""
