"""Raw answers to typed frames: pure, a batch at a time."""
