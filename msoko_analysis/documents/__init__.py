"""The documents: each kind is built from facts in the words of ``wording``, block by block."""
