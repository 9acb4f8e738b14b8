"""The only place with Russian prose about results; every sentence is made from findings and
measures.
"""
