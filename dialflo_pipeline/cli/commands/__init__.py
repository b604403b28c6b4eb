"""One module a command: its arguments and its work. The module's docstring is the help text.

A new command is a new module here with an `app` of one function; `cli/command_folder.py` finds it by its name.
"""
