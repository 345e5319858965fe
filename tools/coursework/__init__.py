"""Coursework: from one text to a student version, safe grading, feedback and grades."""
