"""One file a verb: its help, its arguments with their type, and what it does.

The file ``up.py`` holds `UpVerb`, and nothing else has to name it. What takes long to be imported is imported by what
runs, so that help, completion and mistakes answer at once.
"""
