"""The documents are spelt in British English; words that no dictionary has stand in words.txt."""

import subprocess

from conftest import ROOT, TOOLS, plain_environment, run

CONFIG = ROOT / "tests/documents/cspell.json"


def spell(*arguments, text=None):
    command = [TOOLS / "node_modules/.bin/cspell", "lint", "--no-progress", "--no-summary", "-c", CONFIG, *arguments]
    return subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, input=text, env=plain_environment(), timeout=300
    )


def test_the_documents_are_spelt_correctly(tmp_path):
    pages = run("git", "-C", ROOT, "ls-files", "*.md").splitlines()
    assert len(pages) > 40
    listed = tmp_path / "pages"
    listed.write_text("".join(f"{ROOT / page}\n" for page in pages))
    done = spell("--file-list", listed)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_speller_finds_a_wrong_word_but_not_in_code():
    done = spell("stdin://page.md", text="A `mesage` in code.\n\n```\nmesage\n```\n\nA mesage in prose.\n")
    assert done.stdout.count("mesage") == 1 and ":7:" in done.stdout, done.stdout + done.stderr


def test_no_word_is_listed_in_vain():
    words = [line for line in (ROOT / "tests/documents/words.txt").read_text().splitlines() if not line.startswith("#")]
    assert words == sorted(words, key=str.lower), "words.txt is sorted"
    pages = run("git", "-C", ROOT, "ls-files", "*.md").splitlines()
    text = "\n".join((ROOT / page).read_text() for page in pages).lower()
    assert [word for word in words if word.lower() not in text] == []
