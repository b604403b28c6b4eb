"""What holds for all tests: generated examples may take as long as a busy machine needs."""

import hypothesis

hypothesis.settings.register_profile("unhurried", deadline=None, print_blob=True)
hypothesis.settings.load_profile("unhurried")
