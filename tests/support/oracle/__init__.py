"""An independent implementation of the rules: from files, answers and settings, every row that the warehouse must hold.

Written from the documentation alone; it imports nothing of the package, so that a fault is not made twice.
"""
