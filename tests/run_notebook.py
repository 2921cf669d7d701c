"""Runs a notebook in a kernel of this interpreter, and prints what it is then.

It is a program because what nbclient leaves behind is no business of the tests.
"""

import sys
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

file = Path(sys.argv[1])
notebook = nbformat.read(file, as_version=4)
kernels = KernelSpecManager(kernel_dirs=[])  # none but that of this interpreter
client = NotebookClient(
    notebook, timeout=60, km=AsyncKernelManager(kernel_spec_manager=kernels),
    resources={"metadata": {"path": str(file.parent)}},
)  # fmt: skip
client.execute()
print(nbformat.writes(notebook))
