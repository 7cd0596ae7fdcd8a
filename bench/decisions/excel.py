"""Which reader of workbooks: ours, openpyxl, calamine? `python -m bench.decisions.excel`.

Each reads a list of a county's size in a process of its own: CPU seconds and the most memory it
had. Then each is given a sheet with two cells in opposite corners, under a bound of memory.
The two libraries are installed into a temporary environment; nothing is left behind.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from functools import partial
from pathlib import Path

import xlsxwriter

from bench.decisions.compare import compare

ROWS, COLUMNS = 200_000, 12
LIBRARIES = ("openpyxl==3.1.5", "python-calamine==0.9.1")
MEMORY = 4 << 30  # bytes of address space for the sheet with two cells
_READ = {
    "ours": """
from pathlib import Path
from server.sheets.excel import read_excel
rows = sum(1 for _ in read_excel(Path(sys.argv[1]), None))
""",
    "openpyxl": """
from openpyxl import load_workbook
rows = sum(1 for _ in load_workbook(sys.argv[1], read_only=True).active.iter_rows(values_only=True))
""",
    "calamine": """
from python_calamine import CalamineWorkbook
rows = sum(1 for _ in CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).iter_rows())
""",
}
_BEFORE = """
import resource, sys
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
"""
_AFTER = """
used = resource.getrusage(resource.RUSAGE_SELF)
# Not ru_maxrss, which remembers what the measuring process had.
(most,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(used.ru_utime + used.ru_stime, int(most) / 1024, rows)
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        python = _environment(here / "venv")
        whole, corners = here / "list.xlsx", here / "corners.xlsx"
        _write_list(whole)
        _write_corners(corners)
        memory: dict[str, float] = {}
        ways = {name: partial(_cost, python, name, whole, memory) for name in _READ}
        compare(f"{ROWS} rows of {COLUMNS} columns", "CPU s", ways, rounds=2)
        print("MB at most:", ", ".join(f"{name} {mb:.0f}" for name, mb in memory.items()))
        print("two cells in opposite corners:")
        for name in _READ:
            print(f"  {name}: {_told(_run(python, name, corners, MEMORY))}")


def _environment(place: Path) -> Path:
    venv.create(place, with_pip=True, system_site_packages=False)
    python = place / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *LIBRARIES], check=True)
    return python


def _cost(python: Path, name: str, path: Path, memory: dict[str, float]) -> float:
    """Seconds of CPU; the most memory, in MB, goes to `memory`."""
    done = _run(python, name, path)
    done.check_returncode()
    cpu, memory[name], _ = map(float, done.stdout.split())
    return cpu


def _run(python: Path, name: str, path: Path, *memory: int) -> subprocess.CompletedProcess[str]:
    """Ours in this environment, the others in theirs."""
    program = sys.executable if name == "ours" else str(python)
    command = [program, "-c", _BEFORE + _READ[name] + _AFTER, str(path), *map(str, memory)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _told(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        return f"ended with {done.returncode}: {last}"
    cpu, megabytes, rows = done.stdout.split()
    return f"{rows} rows, {float(cpu):.1f} s of CPU, {float(megabytes):.0f} MB"


def _write_list(path: Path) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for row in range(ROWS):
            sheet.write_row(row, 0, [f"示例{row % 5000}号{k}" for k in range(COLUMNS - 2)])
            sheet.write_row(row, COLUMNS - 2, [107 + row / 1e6, 31 + row / 1e6])


def _write_corners(path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "编号")
        sheet.write(1_048_575, 16_383, "1")


if __name__ == "__main__":
    main()
