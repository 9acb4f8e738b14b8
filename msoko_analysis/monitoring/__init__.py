"""Indicators of motivating monitoring and the index of management mechanisms.

A registry of indicators (``params/indicators``), an Excel template and its reader, values, scores,
changes and targets; editions of the assessment of mechanisms (``params/mechanisms``) and experts'
points. Nothing here judges a school.
"""
