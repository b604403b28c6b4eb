"""What `dialflo doctor` checks, a module for each kind of thing."""
