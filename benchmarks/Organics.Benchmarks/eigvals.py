"""NumPy's side of the race: reads "loop|stacked order file" a line, answers with seconds and the sum of all real parts."""
import sys
import time

import numpy

print(numpy.__version__, flush=True)
for line in sys.stdin:
    way, order, path = line.split(maxsplit=2)
    matrices = numpy.fromfile(path.strip()).reshape(-1, int(order), int(order))
    start = time.perf_counter()
    if way == "loop":
        values = [numpy.linalg.eigvals(m) for m in matrices]
    else:
        values = numpy.linalg.eigvals(matrices)
    seconds = time.perf_counter() - start
    print(seconds, sum(float(v.real.sum()) for v in values), flush=True)
