"""Runs a command and prints its wall-clock seconds, its peak memory in MB and its exit code.

A program of its own, and a small one: Linux counts to a process's peak (`ru_maxrss`) what
the process that started it held before, and the harness holds data sets.

    weigh.py COMMAND…
"""

import os
import subprocess
import sys
import time

start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - start
# Linux counts in KiB, macOS in bytes.
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
process.returncode = os.waitstatus_to_exitcode(status)
print(seconds, peak, process.returncode)
