"""Palette, font and style sheet of a theme. Grid of 4 px, controls 28 px high, corners 6 px."""

from __future__ import annotations

import sys
from string import Template

from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication

from app.look.tokens import DARK, THEMES, Tokens
from engine.core.paths import resource

TEXT_PX = 13
TABLE_PX = 12
TITLE_PX = 15
CONTROL_PX = 28
GAP_PX = 8
PAD_PX = 12

_SHEET = Template("""
* { outline: none; }
QMainWindow, QDialog, #backdrop { background: $window; }
QWidget { color: $text; selection-background-color: $accent; selection-color: $on_accent; }
QWidget:disabled { color: $disabled; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 6px 8px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QMainWindow::separator { background: $window; width: 6px; height: 6px; }
QMainWindow::separator:hover { background: $line; }

QMenuBar { background: $window; border: none; padding: 2px 6px; }
QMenuBar::item { background: transparent; padding: 5px 9px; border-radius: 6px; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $panel; border: 1px solid $line; border-radius: 6px; padding: 6px; }
QMenu::item { padding: 6px 28px 6px 10px; border-radius: 4px; }
QMenu::item:selected { background: $raised; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 6px 8px; }
QMenu::icon { padding-left: 8px; }

QToolBar { background: $window; border: none; border-bottom: 1px solid $line; padding: 4px 8px; spacing: 4px; }
QToolBar::separator { background: $line; width: 1px; margin: 6px 8px; }
QToolButton { background: transparent; border: none; border-radius: 6px; padding: 5px 8px; min-height: 18px; }
QToolButton:hover { background: $raised; }
QToolButton:pressed { background: $line; }
QToolButton:checked { background: $accent; color: $on_accent; }
QToolButton:checked:disabled { background: $raised; color: $disabled; }
QToolButton:focus { border: 1px solid $accent; padding: 4px 7px; }
QToolButton[quiet="true"] { padding: 3px; }
QToolButton[quiet="true"]:checked { background: transparent; }
QToolButton[quiet="true"]:checked:hover { background: $raised; }

QPushButton { background: $raised; border: 1px solid $line; border-radius: 6px; padding: 0 12px; min-height: 26px; }
QPushButton:hover { border-color: $muted; }
QPushButton:pressed { background: $line; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { background: transparent; color: $disabled; }
QPushButton[primary="true"] { background: $accent; border-color: $accent; color: $on_accent; font-weight: 500; }
QPushButton[primary="true"]:hover { border-color: $text; }
QPushButton[primary="true"]:disabled { background: $raised; border-color: $line; color: $disabled; }
QPushButton[flat="true"] { background: transparent; border-color: transparent; }
QPushButton[flat="true"]:hover { background: $raised; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QKeySequenceEdit > QLineEdit {
  background: $raised; border: 1px solid $line; border-radius: 6px; padding: 0 8px; min-height: 26px; }
QPlainTextEdit { padding: 6px 8px; }
QLineEdit { lineedit-clear-button-icon: url($mark_clear); }
QLineEdit > QToolButton { padding: 0; min-height: 0; border: none; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus { border-color: $accent; }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-position: top right; width: 18px; border: none; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-position: bottom right; width: 18px; border: none; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url($mark_up); width: 10px; height: 10px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url($mark_down); width: 10px; height: 10px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url($mark_down); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $line; padding: 4px; }

QCheckBox, QRadioButton { spacing: 8px; min-height: 24px; background: transparent; }
QCheckBox::indicator, QRadioButton::indicator {
  width: 16px; height: 16px; border: 1px solid $muted; border-radius: 4px; background: transparent; }
QRadioButton::indicator { border-radius: 9px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url($mark_check); }
QRadioButton::indicator:checked { background: $accent; border: 4px solid $raised; width: 10px; height: 10px; }
QCheckBox:focus, QRadioButton:focus { color: $accent; }

QSlider { min-height: 24px; background: transparent; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::sub-page:horizontal:disabled { background: $line; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $text; }
QSlider::handle:horizontal:disabled { background: $disabled; }
QSlider::handle:horizontal:focus { background: $accent; }

QProgressBar { background: $line; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QAbstractItemView { background: $panel; alternate-background-color: $panel; border: none; font-size: ${table_px}px;
  selection-background-color: $raised; selection-color: $text; }
QAbstractItemView::item { padding: 0 6px; border: none; }
QAbstractItemView::item:hover { background: $raised; }
QTableView::item:hover { background: transparent; }
QAbstractItemView::item:selected { background: $raised; color: $text; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: $panel; color: $muted; border: none; border-bottom: 1px solid $line;
  padding: 4px 9px; font-size: ${table_px}px; font-weight: 400; }
QTableCornerButton::section { background: $panel; border: none; }

QScrollArea, QScrollArea > QWidget > QWidget#content { background: transparent; border: none; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; } QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 2px; min-height: 28px; min-width: 28px; }
QScrollBar::handle:hover { background: $disabled; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QTabWidget::pane { border: none; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; padding: 6px 10px; margin: 0 2px; border-radius: 6px; }
QTabBar::tab:selected { background: $raised; color: $text; }
QTabBar::tab:hover { color: $text; }

QDockWidget { titlebar-close-icon: none; }
#panel, #panelTitle, #card { background: $panel; }
#panelTitle { border-top-left-radius: 6px; border-top-right-radius: 6px; }
#panel { border-bottom-left-radius: 6px; border-bottom-right-radius: 6px; }
#card { border: 1px solid $line; border-radius: 8px; }
#card:hover { border-color: $muted; }
#card:focus { border-color: $accent; }
QStatusBar { border: none; background: $window; } QStatusBar::item { border: none; }
#foot { background: $window; border-top: 1px solid $line; }
#notice { background: $doubtful_soft; border-bottom: 1px solid $line; }
#drop { background: $accent_soft; border: 2px dashed $accent; border-radius: 8px; }
#palette { background: $panel; border: 1px solid $line; border-radius: 8px; }
#line { background: $line; }

QLabel { background: transparent; }
QLabel[role="title"] { font-size: ${title_px}px; font-weight: 500; }
QLabel[role="heading"] { font-size: 22px; font-weight: 500; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${table_px}px; }
QLabel[role="table"] { font-size: ${table_px}px; }
QLabel[role="figure"] { font-size: 22px; font-weight: 500; }
QLabel[role="doubtful"] { color: $doubtful; }
QLabel[role="bad"] { color: $bad; }
QLabel[role="good"] { color: $good; }
QLabel[role="key"] { background: $raised; border: 1px solid $line; border-radius: 4px; color: $muted;
  font-size: 11px; padding: 1px 5px; }
""")


def style_sheet(tokens: Tokens) -> str:
    """Return the style sheet of a theme."""
    words = {k: str(v) for k, v in vars(tokens).items()}
    for mark in ("check", "clear", "up", "down"):
        words[f"mark_{mark}"] = resource(f"icons/mark-{mark}-{tokens.name}.svg").as_posix()
    words["doubtful_soft"] = blend(tokens.doubtful, tokens.window, 0.14)
    words["accent_soft"] = blend(tokens.accent, tokens.window, 0.16)
    words["table_px"], words["title_px"] = str(TABLE_PX), str(TITLE_PX)
    return _SHEET.substitute(words)


def palette_of(tokens: Tokens) -> QPalette:
    """Return Qt's palette of a theme: what is painted without the sheet follows it too."""
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, tokens.window),
        (role.WindowText, tokens.text),
        (role.Base, tokens.panel),
        (role.AlternateBase, tokens.raised),
        (role.Text, tokens.text),
        (role.Button, tokens.raised),
        (role.ButtonText, tokens.text),
        (role.BrightText, tokens.bad),
        (role.ToolTipBase, tokens.raised),
        (role.ToolTipText, tokens.text),
        (role.PlaceholderText, tokens.disabled),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Link, tokens.accent),
        (role.Mid, tokens.line),
        (role.Dark, tokens.line),
        (role.Light, tokens.raised),
        (role.Midlight, tokens.line),
        (role.Shadow, tokens.window),
        (role.Accent, tokens.accent),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens.disabled))
    return palette


def system_font() -> QFont:
    """Return the system's font at the program's size, with figures of one width where it has them."""
    font = QApplication.font()
    if sys.platform.startswith("linux") and QFontInfo(font).family() == "DejaVu Sans":
        # The last resort of a bare Linux is very wide; its condensed cut is made for windows.
        font.setFamily("DejaVu Sans Condensed")
    font.setPixelSize(TEXT_PX)
    return with_even_figures(font)


def with_even_figures(font: QFont) -> QFont:
    """Return the font with tabular figures, so that numbers in a column stand still while they change."""
    font = QFont(font)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def apply_theme(app: QApplication, name: str) -> Tokens:
    """Dress the whole program in a theme; an unknown name is dark."""
    tokens = THEMES.get(name, DARK)
    sheet = style_sheet(tokens)
    # Any setting that is kept comes by here, and dressing every widget anew holds the window up for 0.2 s.
    if app.styleSheet() != sheet:
        app.setPalette(palette_of(tokens))
        app.setStyleSheet(sheet)
    return tokens


def blend(colour: str, ground: str, share: float) -> str:
    """Return `colour` laid over `ground` at `share` (0 … 1) as ``"#rrggbb"``."""
    top, below = QColor(colour), QColor(ground)
    parts = (
        round(a * share + b * (1 - share))
        for a, b in zip(top.getRgb()[:3], below.getRgb()[:3], strict=True)  # pyright: ignore[reportIndexIssue]
    )
    return "#" + "".join(f"{part:02x}" for part in parts)
