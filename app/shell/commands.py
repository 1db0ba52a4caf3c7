"""The window's own actions: files, undo, running, help, and what the names they use mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.model.action import Action, Context, needs_case

if TYPE_CHECKING:
    from app.shell.window import Window

COMMANDS: dict[str, Callable[[Window], object]] = {
    "open-file": lambda w: w.opening.ask_for_file(),
    "open-folder": lambda w: w.opening.ask_for_folder(),
    "open-sample": lambda w: w.opening.open_sample(),
    "import-mask": lambda w: w.importing.ask_for_file(),
    "save-now": lambda w: w.keeping.save_now(),
    "close-case": lambda w: w.opening.close(),
    "export": lambda w: w.exporting.ask(),
    "export-surfaces": lambda w: w.exporting.ask_for_surfaces(),
    "copy-pane": lambda w: w.copy_pane(),
    "save-picture": lambda w: w.save_picture(),
    "segment": lambda w: w.segmenting.start(),
    "segment-anyway": lambda w: w.segmenting.start(anyway=True),
    "explain": lambda w: w.parts.explain(),
    "palette": lambda w: w.palette_list.open(),
    "keys": lambda w: w.dialogs.show_keys(),
    "settings": lambda w: w.dialogs.show_settings(),
    "about": lambda w: w.dialogs.show_about(),
    "theme": lambda w: w.toggle_theme(),
    "reset-docks": lambda w: w.docks.reset(),
    "quit": lambda w: w.close(),
}
"""Name → what the window does; actions say the name, so that their table needs no window."""


def _command(name: str) -> Callable[[Context], None]:
    return lambda context: context.host.run_command(name)


def _undo(context: Context) -> None:
    case = context.session.case
    if case is not None:
        case.history.undo()


def _redo(context: Context) -> None:
    case = context.session.case
    if case is not None:
        case.history.redo()


def _why_no_undo(context: Context) -> str | None:
    case = context.session.case
    if case is None:
        return needs_case(context)
    return None if case.history.can_undo else "There is nothing to take back."


def _why_no_redo(context: Context) -> str | None:
    case = context.session.case
    if case is None:
        return needs_case(context)
    return None if case.history.can_redo else "There is nothing to do again."


def needs_whole_case(context: Context) -> str | None:
    """Enabled when a case is open and all its slices are read."""
    if context.session.case is None:
        return needs_case(context)
    return "The study is still being read." if context.session.loading else None


def needs_hu(context: Context) -> str | None:
    """Enabled when the open case holds Hounsfield units."""
    case = context.session.case
    if case is not None and not case.volume.has_hu:
        return "The grey values of this study are no Hounsfield units."
    return needs_whole_case(context)


def needs_labels(context: Context) -> str | None:
    """Enabled when something is labelled."""
    case = context.session.case
    if case is None:
        return needs_case(context)
    return None if case.labels.counts[1:].any() else "Nothing is labelled yet."


def _why_no_segment(context: Context) -> str | None:
    return "Something is running already." if context.jobs.busy else needs_hu(context)


def _why_no_cancel(context: Context) -> str | None:
    return None if context.jobs.busy else "Nothing is running."


ACTIONS: tuple[Action, ...] = (
    Action(
        "file.open",
        "Open study…",
        "Open a file: DICOM, zip, NIfTI, NRRD or MHA.",
        _command("open-file"),
        keys=("Ctrl+O",),
        menu="File",
        icon="folder-open",
        toolbar=11,
    ),
    Action(
        "file.open_folder",
        "Open folder…",
        "Open a folder of DICOM files; what is inside is listed first.",
        _command("open-folder"),
        keys=("Ctrl+Shift+O",),
        menu="File",
        icon="folder",
    ),
    Action(
        "file.open_sample",
        "Open the sample",
        "Open a computed chest with lesions, to try everything on.",
        _command("open-sample"),
        menu="File",
        icon="flask-conical",
    ),
    Action(
        "file.import_mask",
        "Import mask…",
        "Lay the labels of a file over the open study.",
        _command("import-mask"),
        keys=("Ctrl+I",),
        menu="File",
        icon="layers",
        disabled_because=needs_whole_case,
    ),
    Action(
        "file.save",
        "Save case now",
        "Write the case to disk now. Every edit is kept anyway.",
        _command("save-now"),
        keys=("Ctrl+S",),
        menu="File",
        icon="save",
        disabled_because=needs_case,
    ),
    Action(
        "file.export",
        "Export…",
        "Write the labels to a file that other programs read.",
        _command("export"),
        keys=("Ctrl+E",),
        menu="File",
        icon="upload",
        disabled_because=needs_whole_case,
        toolbar=51,
    ),
    Action(
        "file.export_surfaces",
        "Export surfaces…",
        "Write each label as a surface, STL or PLY, in patient millimetres.",
        _command("export-surfaces"),
        menu="File",
        icon="box",
        disabled_because=needs_labels,
    ),
    Action(
        "file.close",
        "Close case",
        "Close the study; what was edited stays kept.",
        _command("close-case"),
        keys=("Ctrl+W",),
        menu="File",
        disabled_because=needs_case,
    ),
    Action(
        "file.quit",
        "Quit",
        "Close the window.",
        _command("quit"),
        keys=("Ctrl+Q",),
        menu="File",
    ),
    Action(
        "edit.undo",
        "Undo",
        "Take the last step back.",
        _undo,
        keys=("Ctrl+Z",),
        menu="Edit",
        icon="undo-2",
        disabled_because=_why_no_undo,
        toolbar=41,
    ),
    Action(
        "edit.redo",
        "Redo",
        "Do the step again that was taken back.",
        _redo,
        keys=("Ctrl+Shift+Z",),
        menu="Edit",
        icon="redo-2",
        disabled_because=_why_no_redo,
        toolbar=42,
    ),
    Action(
        "edit.copy_pane",
        "Copy picture of the pane",
        "Put the pane under the mouse on the clipboard, as it is seen.",
        _command("copy-pane"),
        keys=("Ctrl+C",),
        menu="Edit",
        icon="camera",
        disabled_because=needs_case,
    ),
    Action(
        "edit.save_picture",
        "Save picture of the window…",
        "Write what the window shows to a PNG file.",
        _command("save-picture"),
        menu="Edit",
        icon="image",
    ),
    Action(
        "edit.settings",
        "Settings…",
        "Device, threads, colours, keys, theme, memory for undo.",
        _command("settings"),
        keys=("Ctrl+,",),
        menu="Edit",
        icon="settings",
    ),
    Action(
        "run.segment",
        "Segment",
        "Let the network mark lungs and lesions; one step of undo.",
        _command("segment"),
        keys=("Ctrl+R",),
        menu="Run",
        icon="sparkles",
        disabled_because=_why_no_segment,
        toolbar=12,
    ),
    Action(
        "run.segment_anyway",
        "Segment anyway",
        "Segment also what looks like no CT or no chest; the doubt stays with the result.",
        _command("segment-anyway"),
        menu="Run",
        disabled_because=_why_no_segment,
    ),
    Action(
        "run.cancel",
        "Cancel what runs",
        "Stop the work in the task bar; what was there stays.",
        lambda context: context.jobs.cancel_current(),
        keys=("Ctrl+.",),
        menu="Run",
        icon="square-stop",
        disabled_because=_why_no_cancel,
    ),
    Action(
        "view.theme",
        "Light theme",
        "Change between the dark and the light theme.",
        _command("theme"),
        menu="View",
        icon="sun",
        checked=lambda context: context.preferences is not None and context.preferences.now.theme == "light",
    ),
    Action(
        "view.reset_docks",
        "Put panels back",
        "Show every panel where it stood at first.",
        _command("reset-docks"),
        menu="View/Panels",
        icon="layout-panel-left",
    ),
    Action(
        "help.palette",
        "Find a command…",
        "Type a few letters of what you want to do.",
        _command("palette"),
        keys=("Ctrl+K",),
        menu="Help",
        icon="search",
    ),
    Action(
        "help.keys",
        "Keys",
        "Every key on one sheet.",
        _command("keys"),
        keys=("F1",),
        menu="Help",
        icon="keyboard",
    ),
    Action(
        "help.about",
        "About groundglass",
        "Version, licences, and what this program is not.",
        _command("about"),
        menu="Help",
        icon="info",
    ),
)
