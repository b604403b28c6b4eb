"""Call-back times that people asked for in words."""
