"""The window stands where it stood."""

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QMainWindow

from app.shell.frame import Frame


@pytest.fixture
def window(qtbot):
    def make():
        made = QMainWindow()
        qtbot.addWidget(made)
        return made

    return make


def test_size_and_place_come_back_after_closing(window, qtbot, tmp_path):
    first = window()
    Frame(first, tmp_path / "frame.txt")
    first.setGeometry(QRect(40, 30, 500, 300))
    first.show()
    qtbot.waitExposed(first)
    first.close()
    second = window()
    assert Frame(second, tmp_path / "frame.txt").restore()
    second.show()
    assert second.size() == first.size()
    assert second.geometry().topLeft() == first.geometry().topLeft()


def test_a_large_window_comes_back_large(window, qtbot, tmp_path):
    first = window()
    Frame(first, tmp_path / "frame.txt")
    first.showMaximized()
    qtbot.waitExposed(first)
    first.close()
    second = window()
    assert Frame(second, tmp_path / "frame.txt").restore()
    assert second.isMaximized()


@pytest.mark.parametrize("text", [None, "", "no base 64!", "aGVsbG8="])
def test_what_is_not_known_or_damaged_is_left_alone(window, tmp_path, text):
    path = tmp_path / "frame.txt"
    if text is not None:
        path.write_text(text)
    made = window()
    before = made.geometry()
    assert not Frame(made, path).restore()
    assert made.geometry() == before


def test_a_folder_that_cannot_be_written_does_not_hold_the_window(window, tmp_path):
    (tmp_path / "file").write_text("")
    made = window()
    Frame(made, tmp_path / "file" / "frame.txt")
    made.show()
    assert made.close()
