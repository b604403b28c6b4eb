"""Task ids in: read from files, the inbox or a database, and registered in the lake. The API is not called here."""
