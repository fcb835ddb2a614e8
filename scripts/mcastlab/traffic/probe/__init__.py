"""The probe: what measures on virtual-device hosts and lab devices, with Python 3.9 or later, on Linux, and no library.

`run` and `commands` are its programs. They travel in the command that runs them, with what they import
(`mcastlab.remote_python`), and write no file.
"""
