"""Every code that is raised is listed with a title and a fix, every listed code is raised and tested."""

from __future__ import annotations

import re
from pathlib import Path

from provision.errors.codes import CODES

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"PRV\d{3}")


def codes_in(folder: Path, *patterns: str) -> set[str]:
    files = [path for pattern in patterns for path in folder.rglob(pattern)]
    return {code for path in files for code in CODE.findall(path.read_bytes().decode(errors="replace"))}


def raised() -> set[str]:
    listed = ROOT / "provision/errors/codes"
    files = (path for path in (ROOT / "provision").rglob("*.py") if listed not in path.parents)
    return {code for path in files for code in CODE.findall(path.read_text())}


def test_every_code_that_is_raised_is_listed():
    assert raised() - set(CODES) == set()


def test_every_listed_code_is_raised():
    assert set(CODES) - raised() == set()


def test_every_listed_code_is_tested():
    assert set(CODES) - codes_in(ROOT / "tests", "*.py", "*.yaml", "*.txt") == set()


def test_every_code_has_a_title_a_reason_and_a_fix():
    for code in CODES.values():
        assert code.title, code.code
        assert code.why, code.code
        assert code.fix, code.code


def test_the_page_of_codes_is_generated_from_the_list():
    page = (ROOT / "docs/errors.md").read_text()

    assert set(CODE.findall(page)) == set(CODES)
