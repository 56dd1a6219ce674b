"""Records of jobs, the tidy tables made from them, accuracy and cost."""
