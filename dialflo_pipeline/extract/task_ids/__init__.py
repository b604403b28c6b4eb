"""Task ids in: reading task-id files, registering their ids in the lake, taking in the inbox.

`rows` judges one row and `columns` a header; `text`, `delimited`, `json_lines` and `parquet` read one format each,
`files` chooses between them; `register` writes to the lake, `inbox` moves files about. Nothing here asks the API
anything.
"""
