"""The management cycle: roadmaps read from Excel, their terms, status on a date, and gaps.

Keywords of headings and stages are data (``params/cycle``). What can not be read is listed with its
sheet and cell; a term is never guessed.
"""
