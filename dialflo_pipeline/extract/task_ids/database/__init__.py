"""Task ids from the customer's own database."""
