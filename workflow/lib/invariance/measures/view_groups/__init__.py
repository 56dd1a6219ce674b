"""Groups of views: images of the same thing under a change that may be none of our functions'."""
