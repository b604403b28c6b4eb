"""One Parquet file of the lake: written sealed, read verified. Where it stands, and which there are, is not known here.

A file carries a seal over all of it and a checksum in each page, and each body the hash it came with; no row is read
through this package without their being verified. The partition's day stands in the path, not in the file.
"""
