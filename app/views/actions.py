"""What a person can do with the panes, as data: windows, overlay, slab, layouts, scrolling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.model.action import Action, Context, needs_case
from app.model.session import LayoutName, Slab, SlabMode
from engine.geometry.hu import PRESETS, Window, automatic_window

_OPACITY_STEP = 0.1
_THICKER_MM = 2.5


def _pane(name: str) -> Callable[[Context], None]:
    return lambda context: context.session.pane_asked.emit(name)


def _window(window: Window) -> Callable[[Context], None]:
    return lambda context: context.session.set_window(window)


def _is_window(window: Window) -> Callable[[Context], bool]:
    return lambda context: context.session.window == window


def _automatic(context: Context) -> None:
    case = context.session.case
    if case is not None:
        context.session.set_window(automatic_window(case.volume.hu))


def _hide(*, hidden: bool) -> Callable[[Context], None]:
    return lambda context: context.session.set_overlay(replace(context.session.overlay, hidden=hidden))


def _outlines(context: Context) -> None:
    overlay = context.session.overlay
    context.session.set_overlay(replace(overlay, outlines_only=not overlay.outlines_only))


def _opacity(by: float) -> Callable[[Context], None]:
    def run(context: Context) -> None:
        overlay = context.session.overlay
        # Rounded, so that ten steps up and ten down end where they began.
        context.session.set_overlay(replace(overlay, opacity=round(overlay.opacity + by, 2)))
        context.session.message.emit(f"Fill {round(100 * context.session.overlay.opacity)}\u2009%")

    return run


def _slab(mode: SlabMode) -> Callable[[Context], None]:
    return lambda context: context.session.set_slab(replace(context.session.slab, mode=mode))


def _is_slab(mode: SlabMode) -> Callable[[Context], bool]:
    return lambda context: context.session.slab.mode == mode


def _thickness(by: float) -> Callable[[Context], None]:
    def run(context: Context) -> None:
        slab = context.session.slab
        context.session.set_slab(Slab(slab.mode, slab.thickness_mm + by))
        context.session.message.emit(f"Slab {context.session.slab.thickness_mm:g}\u2009mm")

    return run


def _why_no_slab(context: Context) -> str | None:
    if context.session.case is None:
        return needs_case(context)
    return "Choose a slab first." if context.session.slab.mode == "off" else None


def _smooth(context: Context) -> None:
    context.session.set_interpolate(not context.session.interpolate)


def _layout(name: LayoutName) -> Callable[[Context], None]:
    return lambda context: context.session.set_layout(name)


def _is_layout(name: LayoutName) -> Callable[[Context], bool]:
    return lambda context: context.session.layout == name and context.session.maximised is None


def _window_action(key: str, window: Window) -> Action:
    return Action(
        f"window.{window.name.lower().replace(' ', '_').replace('-', '_')}",
        f"{window.name} window",
        f"Show {window.low:.0f} to {window.high:.0f} HU: level {window.level:.0f}, width {window.width:.0f}.".replace(
            "-", "−"
        ),
        _window(window),
        keys=(key,),
        menu="View/Window",
        icon="contrast",
        disabled_because=needs_case,
        checked=_is_window(window),
    )


def _layout_action(name: LayoutName, title: str, tip: str, key: str, icon: str) -> Action:
    return Action(
        f"layout.{name}",
        title,
        tip,
        _layout(name),
        keys=(key,),
        menu="View/Layout",
        icon=icon,
        checked=_is_layout(name),
    )


def _slab_action(mode: SlabMode, title: str, tip: str) -> Action:
    return Action(
        f"slab.{mode}",
        title,
        tip,
        _slab(mode),
        menu="View/Slab",
        icon="layers",
        disabled_because=needs_case,
        checked=_is_slab(mode),
    )


def _pane_action(name: str, title: str, tip: str, *keys: str, icon: str = "") -> Action:
    action_id = f"pane.{name.replace('-', '_')}"
    return Action(action_id, title, tip, _pane(name), keys=keys, icon=icon, disabled_because=needs_case)


ACTIONS: tuple[Action, ...] = (
    *(_window_action(f"F{k}", window) for k, window in enumerate(PRESETS, start=2)),
    Action(
        "window.automatic",
        "Automatic window",
        "From the 2nd to the 99.5th percentile of the values in the study.",
        _automatic,
        keys=("F6",),
        menu="View/Window",
        icon="contrast",
        disabled_because=needs_case,
    ),
    Action(
        "overlay.hide",
        "Hide labels while held",
        "Look beneath the labels; they come back when the key is let go.",
        _hide(hidden=True),
        keys=("H",),
        menu="View/Labels",
        icon="eye-off",
        disabled_because=needs_case,
        release=_hide(hidden=False),
    ),
    Action(
        "overlay.outlines",
        "Outlines only",
        "Draw every label as an outline, or filled again.",
        _outlines,
        keys=("Shift+H",),
        menu="View/Labels",
        icon="square",
        disabled_because=needs_case,
        checked=lambda context: context.session.overlay.outlines_only,
    ),
    Action(
        "overlay.fainter",
        "Fainter fill",
        "Make the fill of the labels more transparent.",
        _opacity(-_OPACITY_STEP),
        keys=(",",),
        menu="View/Labels",
        icon="droplet",
        disabled_because=needs_case,
    ),
    Action(
        "overlay.stronger",
        "Stronger fill",
        "Make the fill of the labels more opaque.",
        _opacity(_OPACITY_STEP),
        keys=(".",),
        menu="View/Labels",
        icon="droplet",
        disabled_because=needs_case,
    ),
    _slab_action("off", "Single slices", "Show the stored slices."),
    _slab_action("mip", "Slab: brightest (MIP)", "Show the brightest value through the slab: vessels and nodules."),
    _slab_action("mean", "Slab: mean", "Show the mean through the slab: less noise."),
    _slab_action("minip", "Slab: darkest (MinIP)", "Show the darkest value through the slab: airways and emphysema."),
    Action(
        "slab.thicker",
        "Thicker slab",
        "Make the slab 2.5 mm thicker, up to 50 mm.",
        _thickness(_THICKER_MM),
        keys=("Ctrl+Up",),
        menu="View/Slab",
        icon="plus",
        disabled_because=_why_no_slab,
    ),
    Action(
        "slab.thinner",
        "Thinner slab",
        "Make the slab 2.5 mm thinner.",
        _thickness(-_THICKER_MM),
        keys=("Ctrl+Down",),
        menu="View/Slab",
        icon="minus",
        disabled_because=_why_no_slab,
    ),
    Action(
        "view.smooth",
        "Smooth pixels",
        "Smooth the picture on screen, or show every voxel as it is. Values read out are the stored ones either way.",
        _smooth,
        menu="View",
        icon="blend",
        checked=lambda context: context.session.interpolate,
    ),
    _layout_action("large", "One large, three small", "Axial large, the others beside it.", "Ctrl+1", "panel-left"),
    _layout_action("grid", "Two by two", "All four panes of equal size.", "Ctrl+2", "layout-grid"),
    _layout_action("single", "One pane", "Only the slices you looked at last.", "Ctrl+3", "square"),
    _layout_action("compare", "Side by side", "Two panes of equal size.", "Ctrl+4", "columns-2"),
    _layout_action("volume", "3-D alone", "Only the 3-D view.", "Ctrl+5", "box"),
    _pane_action(
        "whole", "Pane whole and back", "Let the pane under the mouse fill the middle.", "M", icon="fullscreen"
    ),
    _pane_action("up", "Next slice up", "One slice towards head, front or right.", "Up"),
    _pane_action("down", "Next slice down", "One slice towards feet, back or left.", "Down"),
    _pane_action("page-up", "Ten slices up", "Ten slices towards head, front or right.", "PgUp"),
    _pane_action("page-down", "Ten slices down", "Ten slices towards feet, back or left.", "PgDown"),
    _pane_action("first", "Uppermost slice", "The slice at the very head, front or right.", "Home"),
    _pane_action("last", "Lowest slice", "The slice at the very feet, back or left.", "End"),
    _pane_action("zoom-in", "Zoom in", "Magnify about the mouse.", "+", "="),
    _pane_action("zoom-out", "Zoom out", "Make smaller about the mouse.", "-"),
    _pane_action("fit", "Fit", "Show the whole slice, or the whole chest in 3-D.", "F"),
)
