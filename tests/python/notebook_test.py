"""results/example.ipynb runs from its first cell to its last and shows what it says; `--write` stores its outputs."""
import os
import pathlib
import sys
import unittest

import nbformat
from nbclient import NotebookClient

NOTEBOOK = pathlib.Path(__file__).resolve().parents[2] / "results/example.ipynb"
MOST_LINES = 10  # Of code, from the run to the figure.


def executed():
    """The notebook as it is after a fresh kernel has run all its cells in the notebook's folder."""
    os.environ.pop("MPLBACKEND", None)  # It would keep the kernel from showing pictures.
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", record_timing=False,
                            resources={"metadata": {"path": str(NOTEBOOK.parent)}})
    return client.execute()


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(notebook):
    """The words of each printed output: pandas' versions differ in the spaces between them."""
    return [output.text.split() for cell in code_cells(notebook) for output in cell.outputs
            if output.output_type == "stream"]


def pictures(cell):
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


class Notebook(unittest.TestCase):
    def test_it_runs_and_shows_what_it_shows_in_the_repository(self):
        stored, fresh = nbformat.read(NOTEBOOK, as_version=4), executed()
        nbformat.validate(stored)
        self.assertEqual(printed(fresh), printed(stored), "the notebook's outputs are stale: results/README.md says "
                                                          "how to write them anew")
        self.assertEqual(len(printed(fresh)), 2)
        for notebook in (stored, fresh):
            self.assertEqual([len(pictures(cell)) for cell in code_cells(notebook)], [0, 1, 0])

    def test_ten_lines_lead_from_the_run_to_the_figure(self):
        cells = code_cells(nbformat.read(NOTEBOOK, as_version=4))
        lines = [line for cell in cells for line in cell.source.splitlines() if line.strip()]
        self.assertLessEqual(len(lines), MOST_LINES)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        nbformat.write(executed(), NOTEBOOK)
    else:
        unittest.main()
