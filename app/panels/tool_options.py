"""The options of the active tool, made from the fields of its dataclass: a control per field."""

from __future__ import annotations

from dataclasses import Field, fields
from functools import partial
from typing import Any, Literal, get_args, get_origin, get_type_hints

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QSlider, QSpinBox, QVBoxLayout, QWidget

from app.look.pieces import EmptyNote, PanelBody, column, indent, row, words
from app.look.style import PAD_PX
from app.model.action import Action, Context
from app.model.session import Session

_SLIDER_STEPS = 200


class _Number(QWidget):
    """A slider for the hand and a field for the exact value."""

    def __init__(self, session: Session, tool: str, item: Field[Any], *, whole: bool) -> None:
        super().__init__()
        meta = item.metadata
        self._low, self._high = float(meta.get("low", 0)), float(meta.get("high", 100))
        self._change = partial(_change, session, tool, item.name)
        self._whole = whole
        self.field = QSpinBox() if whole else QDoubleSpinBox()
        if isinstance(self.field, QDoubleSpinBox):
            self.field.setDecimals(int(meta.get("decimals", 1)))
            self.field.setRange(self._low, self._high)
            self.field.setSingleStep(float(meta.get("step", 1.0)))
        else:
            self.field.setRange(int(self._low), int(self._high))
            self.field.setSingleStep(int(meta.get("step", 1)))
        unit = str(meta.get("unit", ""))
        self.field.setSuffix(f"\u2009{unit}" if unit else "")
        self.field.setFixedWidth(96)
        self.field.setKeyboardTracking(False)
        indent(self.field)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _SLIDER_STEPS)
        name = _label(item)
        self.field.setAccessibleName(name)
        self.slider.setAccessibleName(name)
        self.setToolTip(str(meta.get("tip", "")))
        self.setLayout(column(words(name, "small"), row(self.slider, self.field), gap=2))
        self.field.valueChanged.connect(self._change)
        self.slider.valueChanged.connect(self._slid)

    def show_value(self, value: float) -> None:
        """Show what the option is now."""
        with QSignalBlocker(self.field), QSignalBlocker(self.slider):
            self.field.setValue(int(value) if self._whole else float(value))  # type: ignore[arg-type]
            self.slider.setValue(round(_SLIDER_STEPS * self._place(float(value))))

    def _place(self, value: float) -> float:
        # The root gives small sizes, where a millimetre matters, more of the way.
        span = max(self._high - self._low, 1e-9)
        return max(0.0, min(1.0, (value - self._low) / span)) ** 0.5

    def _slid(self, at: int) -> None:
        value = self._low + (at / _SLIDER_STEPS) ** 2 * (self._high - self._low)
        step = float(self.field.singleStep())
        self.field.setValue(type(self.field.value())(round(value / step) * step))  # type: ignore[arg-type]


class _Switch(QCheckBox):
    def __init__(self, session: Session, tool: str, item: Field[Any]) -> None:
        super().__init__(_label(item))
        self.setToolTip(str(item.metadata.get("tip", "")))
        self.setAccessibleName(_label(item))
        self.toggled.connect(partial(_change, session, tool, item.name))

    def show_value(self, value: bool) -> None:  # noqa: FBT001 - a value like the others
        """Show what the option is now."""
        with QSignalBlocker(self):
            self.setChecked(value)


class _Choice(QWidget):
    def __init__(self, session: Session, tool: str, item: Field[Any], values: tuple[Any, ...]) -> None:
        super().__init__()
        texts = item.metadata.get("words", {})
        self._values = values
        self.box = QComboBox()
        for value in values:
            self.box.addItem(str(texts.get(value, str(value).replace("_", " ").capitalize())))
        self.box.setAccessibleName(_label(item))
        self.setToolTip(str(item.metadata.get("tip", "")))
        self.box.currentIndexChanged.connect(lambda at: _change(session, tool, item.name, values[at]))
        self.setLayout(column(words(_label(item), "small"), self.box, gap=2))

    def show_value(self, value: object) -> None:
        """Show what the option is now."""
        with QSignalBlocker(self.box):
            self.box.setCurrentIndex(self._values.index(value) if value in self._values else 0)


def _label(item: Field[Any]) -> str:
    return str(item.metadata.get("label", item.name.replace("_", " ").capitalize()))


def _change(session: Session, tool: str, name: str, value: object) -> None:
    session.change_options(tool, **{name: value})


class ToolOptionsPanel(PanelBody):
    """Follows the active tool; what the wheel and the keys change is seen here at once."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = context.session
        self._controls: dict[str, Any] = {}
        self._when: dict[str, Any] = {}
        self._shown = ""
        self._title = words("", "muted")
        self._place = QVBoxLayout()
        self._place.setSpacing(10)
        self._empty = EmptyNote("mouse-pointer-click", "This tool has no options")
        self.setLayout(column(self._title, self._place, self._empty, None, gap=8, margin=PAD_PX))
        self.layout().setContentsMargins(PAD_PX, 2, PAD_PX, PAD_PX)  # pyright: ignore[reportOptionalMemberAccess]
        self._session.tool_changed.connect(self.show_tool)
        self._session.case_changed.connect(self.show_tool)
        self._session.options_changed.connect(lambda _tool: self._show_values())
        self.show_tool()

    def show_tool(self) -> None:
        """Make the controls of the active tool."""
        tool = self._session.active_tool
        name = self._session.tool if tool is not None else ""
        if name != self._shown:
            self._shown = name
            self._build(tool)
        self._show_values()

    def control(self, name: str) -> QWidget | None:
        """Return the control of an option."""
        return self._controls.get(name)

    def _build(self, tool: Any) -> None:  # noqa: ANN401 - a tool of the registry
        while self._place.count():
            item = self._place.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._controls, self._when = {}, {}
        self._title.setText(tool.title if tool is not None else "")
        options = tool.options if tool is not None else None
        hints = get_type_hints(type(options)) if options is not None else {}
        for item in fields(options) if options is not None else ():
            control = self._control(self._shown, item, hints[item.name])
            if control is not None:
                self._controls[item.name] = control
                self._when[item.name] = item.metadata.get("when")
                self._place.addWidget(control)
        self._empty.setVisible(not self._controls)

    def _control(self, tool: str, item: Field[Any], kind: Any) -> Any:  # noqa: ANN401 - a type hint
        if get_origin(kind) is Literal:
            return _Choice(self._session, tool, item, get_args(kind))
        if kind is bool:
            return _Switch(self._session, tool, item)
        if kind in (int, float):
            return _Number(self._session, tool, item, whole=kind is int)
        return None

    def _show_values(self) -> None:
        tool = self._session.active_tool
        if tool is None:
            return
        for name, control in self._controls.items():
            control.show_value(getattr(tool.options, name))
            control.setEnabled(_holds(tool.options, self._when[name]))


def _holds(options: object, when: object) -> bool:
    if when is None:
        return True
    if isinstance(when, str):
        return bool(getattr(options, when))
    name, value = when  # type: ignore[misc]
    return getattr(options, name) == value


ACTIONS: tuple[Action, ...] = ()
